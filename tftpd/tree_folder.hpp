// Opening what is inside the served tree, relative to a folder's descriptor and never out of it:
// openat2(2) with RESOLVE_BENEATH. Where the kernel or a sandbox has no openat2, opening fails;
// there is no weaker way to fall back to. Any thread.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace plugtone::tftpd {

// May be a symbolic link, as the root itself may.
Result<Fd> open_root(const std::string& path);

enum class Links { refused, followed }; // followed: but not out of the folder

// not_found when it does not exist.
Result<Fd> open_folder(const Fd& parent, const std::string& path, Links links);

struct OpenFile {
    Fd descriptor;
    std::uint64_t size = 0;
    timespec modified{}; // the content
    timespec changed{};  // that, or the file's names, owner or mode
};
// A regular file and nothing else; no symbolic link on the way. not_found when it does not exist.
Result<OpenFile> open_file(const Fd& parent, const std::string& path);

struct FileStatus {
    std::uint64_t size = 0;
    timespec modified{};
    timespec changed{};
    std::uint64_t links = 0; // names
};
Result<FileStatus> status_of(const Fd& file);

// From that offset, as much as there is up to the span's size.
Result<std::size_t> read_at(const Fd& file, std::uint64_t offset, std::span<std::uint8_t> into);

} // namespace plugtone::tftpd
