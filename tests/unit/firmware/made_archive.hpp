// Archives for tests, good and bad, as libarchive writes them.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

#include "core/base/bytes.hpp"

namespace plugtone::test {

struct MadeEntry {
    std::string name;
    std::string content = {};
    unsigned kind = AE_IFREG;
    std::string link = {}; // symbolic
    std::string hard_link = {};
};

// format: "zip", "tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst"
inline Bytes made_archive(const std::string& format, const std::vector<MadeEntry>& entries) {
    std::size_t size_max = std::size_t{1} << 20U;
    for (const MadeEntry& entry : entries)
        size_max += entry.content.size() + 4096;
    Bytes bytes(size_max);
    const auto must = [](int status) {
        if (status != ARCHIVE_OK)
            throw std::runtime_error("libarchive cannot make the test's archive");
    };
    const std::unique_ptr<archive, int (*)(archive*)> writer(::archive_write_new(),
                                                             ::archive_write_free);
    must(format == "zip" ? ::archive_write_set_format_zip(writer.get())
                         : ::archive_write_set_format_gnutar(writer.get()));
    if (format == "tar.gz")
        must(::archive_write_add_filter_gzip(writer.get()));
    if (format == "tar.bz2")
        must(::archive_write_add_filter_bzip2(writer.get()));
    if (format == "tar.xz")
        must(::archive_write_add_filter_xz(writer.get()));
    if (format == "tar.zst")
        must(::archive_write_add_filter_zstd(writer.get()));
    std::size_t used = 0;
    must(::archive_write_open_memory(writer.get(), bytes.data(), bytes.size(), &used));
    for (const MadeEntry& made : entries) {
        const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(::archive_entry_new(),
                                                                             ::archive_entry_free);
        ::archive_entry_set_pathname(entry.get(), made.name.c_str());
        ::archive_entry_set_filetype(entry.get(), made.kind);
        ::archive_entry_set_perm(entry.get(), 0644);
        ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(made.content.size()));
        if (!made.link.empty())
            ::archive_entry_set_symlink(entry.get(), made.link.c_str());
        if (!made.hard_link.empty())
            ::archive_entry_set_hardlink(entry.get(), made.hard_link.c_str());
        must(::archive_write_header(writer.get(), entry.get()));
        if (!made.content.empty())
            ::archive_write_data(writer.get(), made.content.data(), made.content.size());
    }
    must(::archive_write_close(writer.get()));
    bytes.resize(used);
    return bytes;
}

} // namespace plugtone::test
