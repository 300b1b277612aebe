#include "core/base/file.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "core/base/fd.hpp"

namespace plugtone {

Result<Bytes> read_file(const std::string& path, std::size_t size_max) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno == ENOENT)
        return fail(ErrorKind::not_found, path + ": does not exist");
    if (!file)
        return fail_errno("cannot open " + path);
    Bytes bytes;
    std::array<std::uint8_t, 16384> piece{};
    for (;;) {
        const ssize_t got = ::read(file.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno("cannot read " + path);
        if (got == 0)
            return bytes;
        bytes.insert(bytes.end(), piece.begin(), piece.begin() + got);
        if (bytes.size() > size_max)
            return fail(path + ": want at most " + std::to_string(size_max) + " bytes");
    }
}

} // namespace plugtone
