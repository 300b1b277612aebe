#include "core/contracts/durable.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fd.hpp"

namespace plugtone {

namespace {

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos)
        return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

// .NAME.new-XXXXXX in the folder of path.
std::string name_beside(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return folder_of(path) + "/." + (slash == std::string::npos ? path : path.substr(slash + 1)) +
           ".new-XXXXXX";
}

Done write_all(int fd, ByteView bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t put = ::write(fd, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail_errno("cannot write " + path);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
}

Done fill(const Fd& file, const std::string& beside, ByteView bytes, mode_t mode,
          Durability durability) {
    if (::fchmod(file.get(), mode) != 0)
        return fail_errno("cannot set the mode of " + beside);
    if (auto written = write_all(file.get(), bytes, beside); !written)
        return written;
    if (durability == Durability::durable && ::fsync(file.get()) != 0)
        return fail_errno("cannot bring to the disk " + beside);
    return {};
}

Done rename_over(const std::string& beside, const std::string& path, Durability durability) {
    if (::rename(beside.c_str(), path.c_str()) != 0)
        return fail_errno("cannot rename to " + path);
    return durability == Durability::durable ? sync_folder(folder_of(path)) : Done{};
}

} // namespace

Done write_file(const std::string& path, ByteView bytes, mode_t mode, Durability durability) {
    std::string beside = name_beside(path);
    const Fd file(::mkostemp(beside.data(), O_CLOEXEC));
    if (!file)
        return fail_errno("cannot create a file beside " + path);
    Done outcome = fill(file, beside, bytes, mode, durability);
    if (outcome)
        outcome = rename_over(beside, path, durability);
    if (!outcome)
        ::unlink(beside.c_str());
    return outcome;
}

Done replace_link(const std::string& path, const std::string& target) {
    std::string beside = name_beside(path);
    // symlink() takes no template: a file made by mkostemp reserves the name's random part.
    const Fd reserved(::mkostemp(beside.data(), O_CLOEXEC));
    if (!reserved)
        return fail_errno("cannot create a file beside " + path);
    const std::string link = beside + ".link";
    Done outcome;
    if (::symlink(target.c_str(), link.c_str()) != 0)
        outcome = fail_errno("cannot create the link " + link);
    if (outcome)
        outcome = rename_over(link, path, Durability::durable);
    if (!outcome)
        ::unlink(link.c_str());
    ::unlink(beside.c_str());
    return outcome;
}

Done sync_folder(const std::string& path) {
    const Fd folder(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!folder || ::fsync(folder.get()) != 0)
        return fail_errno("cannot bring to the disk " + path);
    return {};
}

} // namespace plugtone
