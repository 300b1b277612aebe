#include "tftpd/tree_folder.hpp"

#include <cerrno>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace plugtone::tftpd {

namespace {

constexpr std::uint64_t folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
// O_NONBLOCK: opening a FIFO must not wait for its writer; regular files do not care.
constexpr std::uint64_t file_flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

Result<Fd> open_beneath(const Fd& parent, const std::string& path, std::uint64_t flags,
                        std::uint64_t resolve) {
    open_how how{};
    how.flags = flags;
    how.resolve = resolve | RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    // glibc has no wrapper.
    const long number = ::syscall(SYS_openat2, parent.get(), path.c_str(), &how, sizeof how);
    if (number < 0 && (errno == ENOENT || errno == ENOTDIR))
        return fail(ErrorKind::not_found, path + ": not found");
    if (number < 0 && errno == ENOSYS)
        return fail(ErrorKind::io, "cannot open " + path +
                                       ": openat2 is missing; want Linux 5.6 and no sandbox that "
                                       "refuses it");
    if (number < 0)
        return fail_errno("cannot open " + path);
    return Fd(static_cast<int>(number));
}

} // namespace

Result<Fd> open_root(const std::string& path) {
    const int number = ::open(path.c_str(), static_cast<int>(folder_flags));
    if (number < 0)
        return fail_errno("cannot open the served tree " + path);
    return Fd(number);
}

Result<Fd> open_folder(const Fd& parent, const std::string& path, Links links) {
    return open_beneath(parent, path, folder_flags,
                        links == Links::refused ? RESOLVE_NO_SYMLINKS : 0);
}

Result<OpenFile> open_file(const Fd& parent, const std::string& path) {
    auto descriptor = open_beneath(parent, path, file_flags, RESOLVE_NO_SYMLINKS);
    if (!descriptor)
        return tl::unexpected(descriptor.error());
    struct stat status {};
    if (::fstat(descriptor->get(), &status) != 0)
        return fail_errno("cannot stat " + path);
    if (!S_ISREG(status.st_mode))
        return fail(ErrorKind::not_found, path + ": want a regular file");
    return OpenFile{std::move(*descriptor), static_cast<std::uint64_t>(status.st_size),
                    status.st_mtim, status.st_ctim};
}

Result<FileStatus> status_of(const Fd& file) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0)
        return fail_errno("cannot stat the file");
    return FileStatus{static_cast<std::uint64_t>(status.st_size), status.st_mtim, status.st_ctim,
                      status.st_nlink};
}

Result<std::size_t> read_at(const Fd& file, std::uint64_t offset, std::span<std::uint8_t> into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
        const ssize_t got = ::pread(file.get(), into.data() + filled, into.size() - filled,
                                    static_cast<off_t>(offset + filled));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno("cannot read the file");
        if (got == 0)
            break;
        filled += static_cast<std::size_t>(got);
    }
    return filled;
}

} // namespace plugtone::tftpd
