#include "agent/firmware/shelf_draft.hpp"

#include <filesystem>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/contracts/durable.hpp"

namespace plugtone {

namespace {

namespace fs = std::filesystem;

// As the publisher's: the file server reads as a member of our group.
constexpr mode_t file_mode = 0640;
constexpr mode_t folder_mode = 0750;
constexpr std::string_view draft_prefix = ".new-";
constexpr std::string_view gone_prefix = ".gone-";

Result<Handle<EVP_MD_CTX, &EVP_MD_CTX_free>> begin_digest() {
    Handle<EVP_MD_CTX, &EVP_MD_CTX_free> digest(::EVP_MD_CTX_new());
    if (!digest || ::EVP_DigestInit_ex(digest.get(), ::EVP_sha256(), nullptr) != 1)
        return fail(ErrorKind::io, "cannot begin a SHA-256: " + openssl_reason());
    return digest;
}

Result<std::string> end_digest(EVP_MD_CTX* digest) {
    Bytes bytes(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    if (::EVP_DigestFinal_ex(digest, bytes.data(), &size) != 1)
        return fail(ErrorKind::io, "cannot finish a SHA-256: " + openssl_reason());
    return to_hex(ByteView(bytes).first(size));
}

Done add_to_digest(EVP_MD_CTX* digest, ByteView bytes) {
    if (::EVP_DigestUpdate(digest, bytes.data(), bytes.size()) != 1)
        return fail(ErrorKind::io, "cannot go on with a SHA-256: " + openssl_reason());
    return {};
}

// The folders above the shelf, each flushed into the one that holds it.
Done make_parents(const std::string& folder, const std::string& shelf) {
    std::string above = folder;
    for (std::size_t slash = shelf.find('/'); slash != std::string::npos;
         slash = shelf.find('/', slash + 1)) {
        const std::string path = folder + "/" + shelf.substr(0, slash);
        if (::mkdir(path.c_str(), folder_mode) != 0 && errno != EEXIST)
            return fail_errno("cannot make the folder " + path);
        if (auto flushed = sync_folder(above); !flushed)
            return flushed;
        above = path;
    }
    return {};
}

std::string parent_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

} // namespace

Result<std::unique_ptr<ShelfDraft>>
ShelfDraft::begin_in(const std::string& folder, std::set<std::string> known, Progress progress) {
    std::string aside = folder + "/" + std::string(draft_prefix) + "XXXXXX";
    if (::mkdtemp(aside.data()) == nullptr)
        return fail_errno("cannot make a folder in " + folder);
    std::unique_ptr<ShelfDraft> draft(new ShelfDraft(folder, aside, std::move(known), progress));
    if (::chmod(aside.c_str(), folder_mode) != 0)
        return fail_errno("cannot set the mode of " + aside);
    return draft;
}

ShelfDraft::~ShelfDraft() {
    std::error_code ignored; // it is cleared away at the next start
    if (!aside_.empty())
        fs::remove_all(aside_, ignored);
}

bool ShelfDraft::wants(const std::string& name) {
    return known_.contains(name) || lower(name).ends_with(".bin");
}

Done ShelfDraft::begin(const std::string& name) {
    const std::string path = aside_ + "/" + name;
    open_ = Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file_mode));
    if (!open_)
        return fail_errno("cannot create " + path);
    auto digest = begin_digest();
    if (!digest)
        return tl::unexpected(digest.error());
    digest_ = *std::move(digest);
    files_.push_back({name, 0, ""});
    return {};
}

Done ShelfDraft::take(ByteView bytes) {
    FirmwareFile& file = files_.back();
    if (auto added = add_to_digest(digest_.get(), bytes); !added)
        return added;
    file.size += bytes.size();
    while (!bytes.empty()) {
        const ssize_t put = ::write(open_.get(), bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail_errno("cannot write " + file.name);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
}

Done ShelfDraft::end() {
    FirmwareFile& file = files_.back();
    if (file.size == 0)
        return fail(file.name + " is empty");
    if (::fsync(open_.get()) != 0)
        return fail_errno("cannot bring to the disk " + file.name);
    // So that verify() reads what the disk has, not what we have just written.
    ::posix_fadvise(open_.get(), 0, 0, POSIX_FADV_DONTNEED);
    open_.reset();
    auto sha256 = end_digest(digest_.get());
    if (!sha256)
        return tl::unexpected(sha256.error());
    file.sha256 = *std::move(sha256);
    return {};
}

Done ShelfDraft::progress(std::uint64_t done, std::uint64_t total) {
    return progress_(done, total) ? Done{} : Done(fail(ErrorKind::refused, "cancelled"));
}

Done ShelfDraft::verify() const {
    for (const FirmwareFile& file : files_) {
        const auto there = look_at_file(aside_, file.name);
        if (!there)
            return tl::unexpected(there.error());
        if (*there != file)
            return fail(ErrorKind::io, file.name + ": the disk does not have what was written to "
                                                   "it; look at the disk");
    }
    return sync_folder(aside_);
}

Done ShelfDraft::place(const std::string& shelf) {
    if (auto made = make_parents(folder_, shelf); !made)
        return made;
    const std::string path = folder_ + "/" + shelf;
    if (::renameat2(AT_FDCWD, aside_.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0) {
        if (errno == EEXIST)
            return fail(ErrorKind::conflict,
                        path + " is there already: choose another --prefix or --postfix");
        return fail_errno("cannot rename to " + path);
    }
    aside_.clear();
    return sync_folder(parent_of(path));
}

Result<FirmwareFile> look_at_file(const std::string& folder, const std::string& name) {
    const std::string path = folder + "/" + name;
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file)
        return fail_errno("cannot open " + path);
    const auto digest = begin_digest();
    if (!digest)
        return tl::unexpected(digest.error());
    FirmwareFile seen{name, 0, ""};
    Bytes piece(std::size_t{64} << 10U);
    for (;;) {
        const ssize_t got = ::read(file.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno("cannot read " + path);
        if (got == 0)
            break;
        const ByteView bytes = ByteView(piece).first(static_cast<std::size_t>(got));
        if (auto added = add_to_digest(digest->get(), bytes); !added)
            return tl::unexpected(added.error());
        seen.size += bytes.size();
    }
    auto sha256 = end_digest(digest->get());
    if (!sha256)
        return tl::unexpected(sha256.error());
    seen.sha256 = *std::move(sha256);
    return seen;
}

bool shelf_is_there(const std::string& folder, const std::string& shelf) {
    struct stat status {};
    return ::lstat((folder + "/" + shelf).c_str(), &status) == 0;
}

Done remove_shelf(const std::string& folder, const std::string& shelf) {
    const std::string path = folder + "/" + shelf;
    // In one step out of what is served; the rest may take its time, or be left to the next start.
    std::string aside = folder + "/" + std::string(gone_prefix) + "XXXXXX";
    if (::mkdtemp(aside.data()) == nullptr)
        return fail_errno("cannot make a folder in " + folder);
    const bool moved = ::rename(path.c_str(), (aside + "/shelf").c_str()) == 0;
    const auto failed = moved || errno == ENOENT ? Done{} : fail_errno("cannot remove " + path);
    std::error_code ignored; // cleared away at the next start
    fs::remove_all(aside, ignored);
    if (!failed || !moved)
        return failed;
    std::string above = parent_of(path);
    while (above.size() > folder.size() && ::rmdir(above.c_str()) == 0)
        above = parent_of(above);
    return sync_folder(above);
}

void clear_drafts(const std::string& folder) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(draft_prefix) || name.starts_with(gone_prefix))
            fs::remove_all(entry.path(), error);
    }
}

} // namespace plugtone
