#include "RowFile.h"

#include "Error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace diffuscope {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw InputError(path + ": " + why);
}
[[noreturn]] void refuseWriting(const std::string& path) {
    refuse(path, std::string("It could not be written: ") + std::strerror(errno) + ".");
}

/// False when another program holds it; a file system without locks holds nobody back.
bool lock(int file) {
    return flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

bool writeAll(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return fsync(file) == 0;
}

std::string readAll(int file, const std::string& path) {
    std::string text;
    char buffer[65536];
    while (true) {
        const ssize_t got = ::read(file, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) refuse(path, std::string("It could not be read: ") + std::strerror(errno) + ".");
        if (got == 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
    }
}

/// Whether the name still is that of the open file: replace() gives it to another.
bool isNamed(int file, const std::string& path) {
    struct stat open = {};
    struct stat named = {};
    return fstat(file, &open) == 0 && stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
           open.st_dev == named.st_dev;
}

}  // namespace

RowFile::RowFile(std::string path) : path_(std::move(path)) {
    do {
        if (file_ >= 0) close(file_);
        file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (file_ < 0) refuseWriting(path_);
        if (!lock(file_)) {
            close(std::exchange(file_, -1));
            refuse(path_, "Another sweep is writing to it.");
        }
    } while (!isNamed(file_, path_));
    try {
        text_ = readAll(file_, path_);
    } catch (...) {
        close(file_);
        throw;
    }
}

RowFile::~RowFile() {
    close(file_);
}

void RowFile::append(std::string_view line) {
    if (!writeAll(file_, line)) refuseWriting(path_);
}

void RowFile::replace(std::string_view text) {
    const std::string part = path_ + ".part";
    const int file = open(part.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0) refuseWriting(path_);
    if (!lock(file) || !writeAll(file, text) || rename(part.c_str(), path_.c_str()) != 0) {
        const int reason = errno;
        close(file);
        unlink(part.c_str());
        errno = reason;
        refuseWriting(path_);
    }
    close(std::exchange(file_, file));
    // The new name must outlive a loss of power, too.
    const std::size_t slash = path_.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
    const int directory = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return;
    fsync(directory);
    close(directory);
}

}  // namespace diffuscope
