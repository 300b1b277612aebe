// Reads the vendor's firmware archive: zip, or tar in any usual compression. Foreign input, read by
// libarchive within limits, and taken whole or refused whole: an absolute name, "..", a link, a
// device, or more than the limits allow refuses all of it, with the entry and the reason. Nothing
// here becomes a path: only basic names come out. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace plugtone {

struct ArchiveLimits {
    std::uint64_t archive_size_max = std::uint64_t{1} << 30U;
    std::uint64_t unpacked_size_max = std::uint64_t{1} << 30U; // of all entries together
    // Unpacked bytes for each byte of the archive, beyond a first piece that may be anything:
    // firmware is compressed already, and a text hardly reaches 20.
    std::uint64_t ratio_max = 100;
    std::uint64_t ratio_free = std::uint64_t{1} << 20U;
    std::size_t entries_max = 1000; // folders, too
    std::size_t name_size_max = 512;
};

// Where the files go. What it refuses ends the reading.
class ArchiveTaker {
public:
    ArchiveTaker() = default;
    ArchiveTaker(const ArchiveTaker&) = delete;
    ArchiveTaker& operator=(const ArchiveTaker&) = delete;
    virtual ~ArchiveTaker() = default;

    // False: it is read past, and left out. name: the last part of the entry's.
    virtual bool wants(const std::string& name) = 0;
    virtual Done begin(const std::string& name) = 0;
    virtual Done take(ByteView bytes) = 0;
    virtual Done end() = 0;
    // So many bytes of the archive have been read.
    virtual Done progress(std::uint64_t done, std::uint64_t total) = 0;
};

// The entries that the taker did not want, as the archive names them, printable.
Result<std::vector<std::string>> read_archive(int file, const ArchiveLimits& limits,
                                              ArchiveTaker& taker);
// Of memory, for tests.
Result<std::vector<std::string>> read_archive(ByteView bytes, const ArchiveLimits& limits,
                                              ArchiveTaker& taker);
// A bare file, no archive, as the taker's only one.
Done read_bare(int file, const std::string& name, const ArchiveLimits& limits, ArchiveTaker& taker);

// Whether it can be a firmware file's basic name: letters, digits, '.', '_' and '-', none of the
// names of configuration files, and nothing that the file server would not serve.
Done check_firmware_name(std::string_view name);

} // namespace plugtone
