#include "tftpd/file_content.hpp"

#include <chrono>

#include <sys/mman.h>

#include "tftpd/http_reply.hpp"

namespace plugtone::tftpd {

namespace {

// Coarser than any file system's clock: what was written within this time could be written again
// under the same time.
constexpr std::int64_t settled_after_s = 2;

Result<Bytes> read_whole(const OpenFile& file) {
    Bytes bytes(file.size);
    const auto got = read_at(file.descriptor, 0, bytes);
    if (!got)
        return tl::unexpected(got.error());
    if (*got != file.size)
        return fail("the file became shorter than " + std::to_string(file.size) + " bytes");
    return bytes;
}

bool same(const timespec& left, const timespec& right) {
    return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

} // namespace

Result<std::shared_ptr<FileContent>> FileContent::of(OpenFile file, std::string_view sha256) {
    const std::shared_ptr<FileContent> made(new FileContent);
    made->size_ = file.size;
    made->entity_tag_ = tftpd::entity_tag(file, sha256);
    made->last_modified_ = http_date(file.modified.tv_sec);
    if (file.size <= in_memory_max) {
        auto bytes = read_whole(file);
        if (!bytes)
            return tl::unexpected(bytes.error());
        made->memory_ = std::move(*bytes);
    }
    made->file_ = std::move(file);
    return made;
}

std::shared_ptr<FileContent> FileContent::of(Bytes bytes) {
    const std::shared_ptr<FileContent> made(new FileContent);
    made->size_ = bytes.size();
    made->memory_ = std::move(bytes);
    return made;
}

FileContent::~FileContent() {
    if (mapping_ != nullptr)
        ::munmap(mapping_, size_);
}

Result<ByteView> FileContent::bytes() {
    if (is_in_memory())
        return ByteView(memory_);
    if (mapping_ == nullptr) {
        void* place = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file_.descriptor.get(), 0);
        if (place == MAP_FAILED)
            return fail_errno("cannot map the file");
        mapping_ = place;
        ::madvise(place, size_, MADV_WILLNEED); // read ahead; failing costs only time
    }
    return ByteView(static_cast<const std::uint8_t*>(mapping_), size_);
}

bool FileContent::is_current() const {
    const auto now = status_of(file_.descriptor);
    // A name that is taken away, given away or replaced changes the time of the file's status.
    return now && now->links > 0 && now->size == size_ && same(now->modified, file_.modified) &&
           same(now->changed, file_.changed);
}

bool FileContent::is_settled() const {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count() - file_.changed.tv_sec >=
           settled_after_s;
}

Done FileContent::check_unchanged() const {
    if (is_in_memory())
        return {};
    const auto now = status_of(file_.descriptor);
    if (!now)
        return tl::unexpected(now.error());
    if (now->size != size_ || !same(now->modified, file_.modified))
        return fail("the file was written to while it was sent");
    return {};
}

Result<SharedContent> ContentCache::open(const std::shared_ptr<const Catalogue>& catalogue,
                                         const ServedFile& served) {
    if (catalogue != catalogue_) {
        kept_.clear();
        in_use_.clear();
        catalogue_ = catalogue;
    }
    if (const auto found = kept_.find(&served); found != kept_.end()) {
        if (found->second->is_current())
            return found->second;
        kept_.erase(found);
    } else if (const auto used = in_use_.find(&served); used != in_use_.end()) {
        auto content = used->second.lock();
        if (content && content->is_current())
            return content;
        in_use_.erase(used);
    }
    auto file = served.open();
    if (!file)
        return tl::unexpected(file.error());
    auto content = FileContent::of(std::move(*file), served.sha256);
    if (!content || !(*content)->is_settled())
        return content;
    if ((*content)->is_in_memory()) {
        if (kept_.size() >= kept_max)
            kept_.clear();
        kept_[&served] = *content;
    } else {
        std::erase_if(in_use_, [](const auto& entry) { return entry.second.expired(); });
        in_use_[&served] = *content;
    }
    return content;
}

Bytes to_netascii(ByteView text) {
    Bytes translated;
    translated.reserve(text.size() + text.size() / 32);
    for (const std::uint8_t byte : text) {
        if (byte == '\n')
            translated.push_back('\r');
        translated.push_back(byte);
        if (byte == '\r')
            translated.push_back(0);
    }
    return translated;
}

Result<SharedContent> as_netascii(const FileContent& file) {
    if (file.size() > netascii_size_max)
        return fail("netascii: want at most " + std::to_string(netascii_size_max) +
                    " bytes, the file has " + std::to_string(file.size()));
    Bytes bytes(file.size());
    const auto got = read_at(file.descriptor(), 0, bytes);
    if (!got)
        return tl::unexpected(got.error());
    bytes.resize(*got);
    return FileContent::of(to_netascii(bytes));
}

} // namespace plugtone::tftpd
