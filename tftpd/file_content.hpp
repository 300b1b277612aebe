// A file that is being served, opened once for all who read it at the same time: a small one is in
// memory, a large one is sent from its descriptor or mapped, so that the page cache holds the only
// copy. The bytes of a mapping are for the kernel only (sendmsg): if the file is cut short
// meanwhile, the kernel says EFAULT where our own reading would end the process with SIGBUS.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "tftpd/catalogue.hpp"
#include "tftpd/tree_folder.hpp"

namespace plugtone::tftpd {

// Up to this size a file is read, above it mapped.
inline constexpr std::uint64_t in_memory_max = 16384;
// In mode netascii a file is translated in memory.
inline constexpr std::uint64_t netascii_size_max = 1U << 20U;

class FileContent {
public:
    // Reads it if it is small.
    static Result<std::shared_ptr<FileContent>> of(OpenFile file, std::string_view sha256);
    // Bytes that are in no file as they are.
    static std::shared_ptr<FileContent> of(Bytes bytes);
    FileContent(const FileContent&) = delete;
    FileContent& operator=(const FileContent&) = delete;
    ~FileContent();

    std::uint64_t size() const { return size_; }
    bool is_in_memory() const { return size_ <= in_memory_max || !file_.descriptor; }
    // Maps it if it is large.
    Result<ByteView> bytes();
    const Fd& descriptor() const { return file_.descriptor; }
    // HTTP's validators (http_reply.hpp).
    const std::string& entity_tag() const { return entity_tag_; }
    const std::string& last_modified() const { return last_modified_; }

    // Fails when a large file was written to since it was opened: the end of a transfer asks, so
    // that nobody takes a mixture for the file. A small one is what it was at one moment.
    Done check_unchanged() const;
    // The file still has its name, as far as its own metadata tell, and its content.
    bool is_current() const;
    // Its times are old enough to tell it from what is written from now on.
    bool is_settled() const;

private:
    FileContent() = default;

    OpenFile file_;
    std::uint64_t size_ = 0;
    Bytes memory_;
    void* mapping_ = nullptr;
    std::string entity_tag_;
    std::string last_modified_;
};
using SharedContent = std::shared_ptr<FileContent>;

// What was asked for lately and is in use, by its place in the catalogue: who asks again is spared
// the opening and reading, and readers of a large file share one mapping. Nothing that was changed
// or replaced since is given out. One thread.
class ContentCache {
public:
    static constexpr std::size_t kept_max = 128;

    // served: an entry of that catalogue.
    Result<SharedContent> open(const std::shared_ptr<const Catalogue>& catalogue,
                               const ServedFile& served);

private:
    std::shared_ptr<const Catalogue> catalogue_;                     // whose entries the keys are
    std::map<const ServedFile*, SharedContent> kept_;                // small ones
    std::map<const ServedFile*, std::weak_ptr<FileContent>> in_use_; // large ones
};

// Line feeds as CR LF, carriage returns as CR NUL (RFC 764, "NVT ASCII"; RFC 1350 section 1), so
// that a client that translates back has the file's very bytes.
Bytes to_netascii(ByteView text);
// Refuses files above netascii_size_max.
Result<SharedContent> as_netascii(const FileContent& file);

} // namespace plugtone::tftpd
