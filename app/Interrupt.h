#pragma once

namespace diffuscope {

/// SIGINT or SIGTERM came: exit status 130.
struct Interrupted {};

/// From now on SIGINT and SIGTERM are noted; a second one ends the program at once.
void handleInterrupts();

[[nodiscard]] bool interrupted();

/// @throws Interrupted
void stopIfInterrupted();

}  // namespace diffuscope
