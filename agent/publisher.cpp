#include "agent/publisher.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fd.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/contracts/durable.hpp"
#include "core/contracts/tree.hpp"
#include "core/formats/openssl_container.hpp"

namespace plugtone {

namespace {

namespace fs = std::filesystem;

constexpr mode_t file_mode = 0640; // the file server reads as a member of our group
constexpr mode_t folder_mode = 0750;
constexpr std::string_view aside_prefix = ".new-";
constexpr std::size_t document_size_max = std::size_t{16} << 20U;

Done make_folder(const std::string& path) {
    if (::mkdir(path.c_str(), folder_mode) != 0 && errno != EEXIST)
        return fail_errno("cannot make the folder " + path);
    return {};
}

Done make_folders(const std::string& base, const std::string& below) {
    for (std::size_t slash = below.find('/'); slash != std::string::npos;
         slash = below.find('/', slash + 1))
        if (auto made = make_folder(base + "/" + below.substr(0, slash)); !made)
            return made;
    return {};
}

// A new file, not yet flushed: sync_all() does that once for all of them.
Done write_new(const std::string& path, ByteView bytes) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file_mode));
    if (!file)
        return fail_errno("cannot create " + path);
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t put = ::write(file.get(), bytes.data() + at, bytes.size() - at);
        if (put < 0 && errno != EINTR)
            return fail_errno("cannot write " + path);
        at += put < 0 ? 0 : static_cast<std::size_t>(put);
    }
    return {};
}

// Everything written to the folder's file system is on the disk when this returns.
Done sync_all(const std::string& folder) {
    const Fd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened || ::syncfs(opened.get()) != 0)
        return fail_errno("cannot flush " + folder);
    return {};
}

bool holds(const Document& document, ByteView bytes) {
    if (!document.password)
        return as_text(bytes) == document.xml;
    const bool salted = as_text(bytes).starts_with("Salted__");
    if (salted != document.salted)
        return false;
    const auto plain = decrypt_container(bytes, *document.password, document.digest);
    return plain && as_text(*plain) == document.xml;
}

// What a phone will make of the file must be what was composed.
Done check(const Document& document, ByteView bytes) {
    if (!holds(document, bytes))
        return fail(ErrorKind::io, document.path + ": the file does not open to what was written");
    const auto parsed = parse_gs_xml(document.path, as_bytes(document.xml));
    if (!parsed)
        return tl::unexpected(parsed.error());
    if (*parsed != document.content)
        return fail(ErrorKind::io, document.path + ": the XML does not read as it was composed");
    return {};
}

// Removes the folder unless the build came to its end.
class Aside {
public:
    explicit Aside(std::string path) : path_(std::move(path)) {}
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;
    ~Aside() {
        if (!path_.empty()) {
            std::error_code ignored;
            fs::remove_all(path_, ignored);
        }
    }
    void keep() { path_.clear(); }

private:
    std::string path_;
};

} // namespace

std::string Publisher::folder(Generation number) const {
    return root_ + "/" + std::string(tree::generations_folder) + "/" + std::to_string(number);
}

Done Publisher::prepare() {
    std::error_code error;
    for (const std::string_view name : {tree::generations_folder, tree::firmware_folder}) {
        fs::create_directories(root_ + "/" + std::string(name), error);
        if (error)
            return fail(ErrorKind::io, root_ + "/" + std::string(name) + ": " + error.message());
    }
    for (const auto& entry :
         fs::directory_iterator(root_ + "/" + std::string(tree::generations_folder), error))
        if (entry.path().filename().string().starts_with(aside_prefix))
            fs::remove_all(entry.path(), error);
    return {};
}

std::optional<Generation> Publisher::live() const {
    std::error_code error;
    const fs::path target = fs::read_symlink(root_ + "/" + std::string(tree::config_link), error);
    return error ? std::nullopt : parse_number<Generation>(target.filename().string());
}

std::vector<Generation> Publisher::kept() const {
    std::vector<Generation> numbers;
    std::error_code error;
    for (const auto& entry :
         fs::directory_iterator(root_ + "/" + std::string(tree::generations_folder), error))
        if (const auto number = parse_number<Generation>(entry.path().filename().string()))
            numbers.push_back(*number);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

Result<Bytes> Publisher::content_of(const Document& document) const {
    if (!document.password) {
        const ByteView plain = as_bytes(document.xml);
        return Bytes(plain.begin(), plain.end());
    }
    std::optional<Salt> salt;
    if (document.salted) {
        const auto fresh = random_salt();
        if (!fresh)
            return tl::unexpected(fresh.error());
        salt = *fresh;
    }
    return encrypt_container(as_bytes(document.xml), *document.password, document.digest, salt);
}

std::optional<std::string> Publisher::reusable(const Document& document,
                                               const std::vector<Generation>& earlier) const {
    for (const Generation number : earlier) {
        const std::string path = folder(number) + "/" + document.path;
        const auto bytes = read_file(path, document_size_max);
        if (bytes && holds(document, *bytes))
            return path;
    }
    return std::nullopt;
}

Result<Publisher::Built> Publisher::fill(const std::string& aside,
                                         const std::vector<Document>& documents,
                                         const std::vector<Generation>& earlier) const {
    Built built;
    Manifest manifest;
    for (const Document& document : documents) {
        const std::string path = aside + "/" + document.path;
        if (auto made = make_folders(aside, document.path); !made)
            return tl::unexpected(made.error());
        const auto earlier_file = reusable(document, earlier);
        if (!earlier_file || ::link(earlier_file->c_str(), path.c_str()) != 0) {
            const auto bytes = content_of(document);
            if (!bytes)
                return fail_in(document.path, bytes.error());
            if (auto written = write_new(path, *bytes); !written)
                return tl::unexpected(written.error());
            ++built.written;
        }
        const auto bytes = read_file(path, document_size_max);
        if (!bytes)
            return tl::unexpected(bytes.error());
        if (auto good = check(document, *bytes); !good)
            return tl::unexpected(good.error());
        if (!manifest
                 .emplace(document.path,
                          ManifestEntry{sha256_hex(*bytes), document.access, document.owner})
                 .second)
            return fail(document.path + ": two documents have this name");
    }
    const std::string lines = encode_manifest(manifest);
    if (auto written = write_new(aside + "/" + std::string(tree::manifest_file), as_bytes(lines));
        !written)
        return tl::unexpected(written.error());
    if (const auto current = live()) {
        const auto before =
            read_file(folder(*current) + "/" + std::string(tree::manifest_file), manifest_size_max);
        // A file that had to be written is not there as the live manifest says, or not whole.
        built.same_as_live = built.written == 0 && before && as_text(*before) == lines;
    }
    return built;
}

Result<Publisher::Built> Publisher::build(Generation number, const std::vector<Document>& documents,
                                          const std::vector<Generation>& also) {
    const std::string aside = root_ + "/" + std::string(tree::generations_folder) + "/" +
                              std::string(aside_prefix) + std::to_string(number);
    std::vector<Generation> earlier = also;
    const auto current = live();
    if (current == number)
        return fail(ErrorKind::conflict, "generation " + std::to_string(number) + " is live");
    if (current)
        earlier.insert(earlier.begin(), *current);
    // A number that was built and then not recorded: the database knows nothing of it.
    discard(number);
    if (auto made = make_folder(aside); !made)
        return tl::unexpected(made.error());
    Aside guard(aside);
    auto built = fill(aside, documents, earlier);
    if (!built)
        return built;
    if (auto flushed = sync_all(aside); !flushed)
        return tl::unexpected(flushed.error());
    if (::rename(aside.c_str(), folder(number).c_str()) != 0)
        return fail_errno("cannot name " + folder(number));
    guard.keep();
    if (auto flushed = sync_folder(root_ + "/" + std::string(tree::generations_folder)); !flushed) {
        discard(number);
        return tl::unexpected(flushed.error());
    }
    return built;
}

Done Publisher::switch_to(Generation number) {
    return replace_link(root_ + "/" + std::string(tree::config_link),
                        std::string(tree::generations_folder) + "/" + std::to_string(number));
}

void Publisher::discard(Generation number) noexcept {
    try {
        std::error_code ignored; // what cannot be removed now is removed with the old ones
        if (live() != number)
            fs::remove_all(folder(number), ignored);
    } catch (const std::exception&) {
        return; // out of memory: likewise
    }
}

void Publisher::remove_old() noexcept {
    try {
        std::vector<Generation> numbers = kept();
        while (numbers.size() > generations_kept) {
            discard(numbers.front());
            numbers.erase(numbers.begin());
        }
    } catch (const std::exception&) {
        // Out of memory: they are removed the next time.
        return;
    }
}

} // namespace plugtone
