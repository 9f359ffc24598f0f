"""Writes philox.csv: Philox 4x32-10 from its definition (Salmon et al. 2011, section 3.3), with the counter and
key of core/diffusion/Noise.h. Checked first against the three vectors that its authors publish with Random123."""

MASK = 0xFFFFFFFF


def philox(counter, key):
    (a, b, c, d), (k, l) = counter, key
    for _ in range(10):
        first, second = a * 0xD2511F53, c * 0xCD9E8D57
        a, b, c, d = (second >> 32) ^ b ^ k, second & MASK, (first >> 32) ^ d ^ l, first & MASK
        k, l = (k + 0x9E3779B9) & MASK, (l + 0xBB67AE85) & MASK
    return [a, b, c, d]


ONES = MASK
assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
assert philox([ONES] * 4, [ONES] * 2) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
assert philox([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0]) == [
    0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]

CASES = [(0, 1, 0, 0), (1, 1, 0, 0), (1, 4, 7, 1000), (1, 5, 7, 1000), (42, 5, 1999, 1), (42, 5, 2000, 1),
         (1 << 53, 6, 511, 100000), (0xA4093822299F31D0, 9, ONES, ONES), (1 << 32, 3, 1, 2)]

if __name__ == "__main__":
    with open("philox.csv", "w") as out:
        out.write("seed,stream,particle,step,word0,word1,word2,word3\n")
        for seed, stream, particle, step in CASES:
            words = philox([particle, step, stream, 0], [seed & MASK, seed >> 32])
            out.write(",".join(map(str, [seed, stream, particle, step] + words)) + "\n")
