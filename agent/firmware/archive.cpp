#include "agent/firmware/archive.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/names/owner.hpp"

namespace plugtone {

namespace {

constexpr std::size_t piece_size = std::size_t{64} << 10U;
constexpr std::size_t firmware_name_size_max = 64;

struct Freer {
    void operator()(archive* reader) const noexcept { ::archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, Freer>;

std::string reason_of(archive* reader) {
    const char* text = ::archive_error_string(reader);
    return printable(text == nullptr ? "damaged" : text);
}

// Only what vendors ship: each further format would be another parser for foreign bytes.
Result<Reader> open_reader() {
    Reader reader(::archive_read_new());
    if (!reader)
        return fail(ErrorKind::io, "no memory to read an archive");
    for (const auto support :
         {::archive_read_support_filter_gzip, ::archive_read_support_filter_bzip2,
          ::archive_read_support_filter_xz, ::archive_read_support_filter_zstd,
          ::archive_read_support_format_tar, ::archive_read_support_format_zip})
        if (support(reader.get()) != ARCHIVE_OK) // also when it would run another program
            return fail(ErrorKind::io, "libarchive lacks a format: " + reason_of(reader.get()));
    return reader;
}

// As the entry names it; nothing if that cannot be read.
std::string name_of(archive_entry* entry) {
    const char* name = ::archive_entry_pathname_utf8(entry);
    if (name == nullptr)
        name = ::archive_entry_pathname(entry);
    return name == nullptr ? "" : name;
}

Done check_path(const std::string& path, std::size_t size_max) {
    if (path.empty() || path.size() > size_max)
        return fail("want a name of 1 to " + std::to_string(size_max) + " bytes");
    if (path.front() == '/')
        return fail("absolute name");
    if (path.find('\\') != std::string::npos || path.find(':') != std::string::npos)
        return fail("a backslash or a colon in the name");
    for (const char character : path)
        if (static_cast<unsigned char>(character) < 0x20 || character == 0x7F)
            return fail("a control character in the name");
    for (std::string_view rest = path; !rest.empty();) {
        const std::size_t slash = std::min(rest.find('/'), rest.size());
        if (rest.substr(0, slash) == "..")
            return fail("'..' in the name");
        rest.remove_prefix(std::min(slash + 1, rest.size()));
    }
    return {};
}

Done check_kind(archive_entry* entry) {
    if (::archive_entry_hardlink(entry) != nullptr || ::archive_entry_symlink(entry) != nullptr ||
        ::archive_entry_filetype(entry) == AE_IFLNK)
        return fail("a link");
    if (::archive_entry_is_encrypted(entry) != 0)
        return fail("encrypted");
    const auto kind = ::archive_entry_filetype(entry);
    if (kind != AE_IFREG && kind != AE_IFDIR)
        return fail("neither a file nor a folder");
    return {};
}

// One archive, while it is being read.
class Reading {
public:
    Reading(Reader reader, std::uint64_t size, const ArchiveLimits& limits, ArchiveTaker& taker)
        : reader_(std::move(reader)), size_(size), limits_(limits), taker_(taker) {}

    Result<std::vector<std::string>> all() {
        for (;;) {
            archive_entry* entry = nullptr;
            const int status = ::archive_read_next_header(reader_.get(), &entry);
            if (status == ARCHIVE_EOF)
                break;
            // A warning is about what we do not use, such as a name that does not fit the locale.
            if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
                return fail("no zip or tar that can be read: " + reason_of(reader_.get()));
            if (++entries_ > limits_.entries_max)
                return fail("want at most " + std::to_string(limits_.entries_max) + " entries");
            const std::string path = name_of(entry);
            if (auto taken = take(entry, path); !taken)
                return fail_in("entry '" + printable(path) + "'", taken.error());
        }
        if (taken_.empty())
            return fail("no firmware in it" +
                        (left_out_.empty() ? std::string() : ", only " + left_out_.front()));
        return std::move(left_out_);
    }

private:
    Done take(archive_entry* entry, const std::string& path) {
        if (auto good = check_path(path, limits_.name_size_max); !good)
            return good;
        if (auto good = check_kind(entry); !good)
            return good;
        const bool folder = ::archive_entry_filetype(entry) == AE_IFDIR;
        const std::string name = path.substr(path.rfind('/') + 1);
        const bool wanted = !folder && taker_.wants(name);
        if (wanted) {
            if (auto good = check_firmware_name(name); !good)
                return good;
            if (!taken_.insert(name).second)
                return fail("a second file " + name);
            if (auto begun = taker_.begin(name); !begun)
                return begun;
        } else if (!folder) {
            left_out_.push_back(printable(path));
        }
        // What nobody wants is read, too: it may not be bigger than it may, either.
        if (auto read = read_data(wanted); !read)
            return read;
        return wanted ? taker_.end() : Done{};
    }

    Done read_data(bool wanted) {
        for (;;) {
            const la_ssize_t size =
                ::archive_read_data(reader_.get(), piece_.data(), piece_.size());
            if (size < 0)
                return fail("damaged: " + reason_of(reader_.get()));
            if (auto good = count(static_cast<std::uint64_t>(size)); !good)
                return good;
            if (size == 0)
                return {};
            const ByteView bytes = ByteView(piece_).first(static_cast<std::size_t>(size));
            if (auto taken = wanted ? taker_.take(bytes) : Done{}; !taken)
                return taken;
        }
    }

    Done count(std::uint64_t size) {
        unpacked_ += size;
        // What the compression gave, headers and padding as well.
        const auto filtered = std::max<std::int64_t>(0, ::archive_filter_bytes(reader_.get(), 0));
        const std::uint64_t bytes = std::max(unpacked_, static_cast<std::uint64_t>(filtered));
        if (bytes > limits_.unpacked_size_max)
            return fail("unpacked, all is larger than " +
                        std::to_string(limits_.unpacked_size_max) + " bytes");
        if (bytes > limits_.ratio_free && bytes / limits_.ratio_max > size_)
            return fail("unpacks to over " + std::to_string(limits_.ratio_max) +
                        " times the archive's size: no firmware does");
        const auto read = std::max<std::int64_t>(0, ::archive_filter_bytes(reader_.get(), -1));
        return taker_.progress(std::min(static_cast<std::uint64_t>(read), size_), size_);
    }

    Reader reader_;
    std::uint64_t size_;
    const ArchiveLimits& limits_;
    ArchiveTaker& taker_;
    Bytes piece_ = Bytes(piece_size);
    std::size_t entries_ = 0;
    std::uint64_t unpacked_ = 0;
    std::set<std::string> taken_;
    std::vector<std::string> left_out_;
};

// A pipe or a device could keep a thread for ever.
Result<std::uint64_t> size_of_file(int file, const ArchiveLimits& limits) {
    struct stat status {};
    if (::fstat(file, &status) != 0)
        return fail_errno("cannot look at the file");
    if (!S_ISREG(status.st_mode))
        return fail("want a file, not a folder, pipe or device");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size == 0 || size > limits.archive_size_max)
        return fail("want 1 to " + std::to_string(limits.archive_size_max) + " bytes, got " +
                    std::to_string(size));
    if (::lseek(file, 0, SEEK_SET) != 0)
        return fail_errno("cannot read the file from its beginning");
    return size;
}

} // namespace

Result<std::vector<std::string>> read_archive(int file, const ArchiveLimits& limits,
                                              ArchiveTaker& taker) {
    const auto size = size_of_file(file, limits);
    if (!size)
        return tl::unexpected(size.error());
    auto reader = open_reader();
    if (!reader)
        return tl::unexpected(reader.error());
    if (::archive_read_open_fd(reader->get(), file, piece_size) != ARCHIVE_OK)
        return fail("no zip or tar that can be read: " + reason_of(reader->get()));
    return Reading(*std::move(reader), *size, limits, taker).all();
}

Result<std::vector<std::string>> read_archive(ByteView bytes, const ArchiveLimits& limits,
                                              ArchiveTaker& taker) {
    auto reader = open_reader();
    if (!reader)
        return tl::unexpected(reader.error());
    if (::archive_read_open_memory(reader->get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
        return fail("no zip or tar that can be read: " + reason_of(reader->get()));
    return Reading(*std::move(reader), bytes.size(), limits, taker).all();
}

Done read_bare(int file, const std::string& name, const ArchiveLimits& limits,
               ArchiveTaker& taker) {
    const auto size = size_of_file(file, limits);
    if (!size)
        return tl::unexpected(size.error());
    if (auto good = check_firmware_name(name); !good)
        return good;
    if (auto begun = taker.begin(name); !begun)
        return begun;
    Bytes piece(piece_size);
    for (std::uint64_t done = 0; done < *size;) {
        const ssize_t got = ::read(file, piece.data(), piece.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno("cannot read the file");
        if (got == 0)
            return fail("the file became shorter while it was read");
        done += static_cast<std::uint64_t>(got);
        if (auto taken = taker.take(ByteView(piece).first(static_cast<std::size_t>(got))); !taken)
            return taken;
        if (auto go_on = taker.progress(std::min(done, *size), *size); !go_on)
            return go_on;
    }
    return taker.end();
}

Done check_firmware_name(std::string_view name) {
    const bool plain = std::all_of(name.begin(), name.end(), [](char character) {
        return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
               (character >= '0' && character <= '9') || character == '.' || character == '_' ||
               character == '-';
    });
    if (name.empty() || name.size() > firmware_name_size_max || !plain || name.front() == '.')
        return fail("firmware name: want 1 to " + std::to_string(firmware_name_size_max) +
                    " letters, digits, '.', '_' and '-', got '" + printable(name) + "'");
    if (owner_of(name) || name == generic_config_name)
        return fail("firmware name: '" + std::string(name) + "' is a configuration file's");
    return {};
}

} // namespace plugtone
