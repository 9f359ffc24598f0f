#include "Interrupt.h"

#include <csignal>

namespace diffuscope {
namespace {

volatile std::sig_atomic_t noted = 0;

void note(int) {
    noted = 1;
}

}  // namespace

void handleInterrupts() {
    struct sigaction action = {};
    action.sa_handler = note;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
    return noted != 0;
}

void stopIfInterrupted() {
    if (interrupted()) throw Interrupted();
}

}  // namespace diffuscope
