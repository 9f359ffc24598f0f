#include "CommandLine.h"

int main(int argc, char** argv) {
    return diffuscope::runCommandLine(argc, argv);
}
