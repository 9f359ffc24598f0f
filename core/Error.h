#pragma once
#include <stdexcept>

namespace diffuscope {

/// Something that a user gave (a setting, a file, a table of points) cannot be used. what() is one sentence
/// that says what was wrong and what is accepted; it is shown as it is.
class InputError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A backend cannot be had, or was lost. what() is the reason, for the status bar or standard error.
class BackendError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace diffuscope
