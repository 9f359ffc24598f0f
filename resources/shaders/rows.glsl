// Place of a sample's features 4q to 4q + 3 in rows, [tile][feature / 4][sample of TILE].
int rowPlace(int q, int sample_, int rowQuads) {
    return (sample_ / TILE * rowQuads + q) * TILE + sample_ % TILE;
}
