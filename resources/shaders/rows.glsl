// Place of a sample's features 4q to 4q + 3 in rows, [tile][feature / 4][sample of TILE].
int rowPlace(int q, int sample_, int rowQuads) {
    uint s = uint(sample_);
    return (int(s / uint(TILE)) * rowQuads + q) * TILE + int(s % uint(TILE));
}
