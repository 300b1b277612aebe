#include "tftpd/catalogue.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <tuple>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "core/base/text.hpp"
#include "core/contracts/manifest.hpp"
#include "core/contracts/tree.hpp"
#include "core/names/owner.hpp"
#include "core/names/request_name.hpp"
#include "core/names/shelf.hpp"

namespace plugtone::tftpd {

namespace {

// A file found on the disk, before it is known whether another takes its name.
struct Candidate {
    bool on_shelf = false;
    std::string folder; // below its base
    int base_rank = 0;  // config before firmware
    std::string origin; // below the root, for messages
    std::string name;   // served
    ServedFile file;

    auto rank() const { return std::tie(on_shelf, folder, base_rank); }
};

struct Entry {
    std::string name;
    mode_t type = 0;
};

Result<std::vector<Entry>> read_folder(const Fd& folder) {
    // fdopendir keeps the descriptor for itself: it gets one of its own.
    const int copy = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* opened = copy < 0 ? nullptr : ::fdopendir(copy);
    if (opened == nullptr)
        return fail_errno("cannot read the folder");
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(opened, &::closedir);
    std::vector<Entry> entries;
    while (const dirent* found = ::readdir(stream.get())) {
        const std::string_view name = found->d_name;
        struct stat status {};
        if (name.starts_with('.'))
            continue;                    // never served, and where unfinished files are
        if (found->d_type != DT_UNKNOWN) // most file systems tell it with the name
            entries.push_back({std::string(name), static_cast<mode_t>(DTTOIF(found->d_type))});
        else if (::fstatat(folder.get(), found->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
            entries.push_back({std::string(name), status.st_mode & S_IFMT});
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry& left, const Entry& right) { return left.name < right.name; });
    return entries;
}

Result<Manifest> read_manifest(const Fd& generation) {
    const auto file = open_file(generation, std::string(tree::manifest_file));
    if (!file && file.error().kind == ErrorKind::not_found)
        return Manifest{}; // a tree that an operator made by hand
    if (!file)
        return tl::unexpected(file.error());
    if (file->size > manifest_size_max)
        return fail("manifest: want at most " + std::to_string(manifest_size_max) + " bytes");
    Bytes bytes(file->size);
    const auto got = read_at(file->descriptor, 0, bytes);
    if (!got)
        return tl::unexpected(got.error());
    bytes.resize(*got);
    return decode_manifest(bytes);
}

std::string joined(const std::string& folder, const std::string& name) {
    return folder.empty() ? name : folder + '/' + name;
}

} // namespace

class CatalogueBuilder {
public:
    CatalogueBuilder(std::string root, const Catalogue::OnFolder& on_folder)
        : root_(std::move(root)), on_folder_(on_folder) {}

    Result<Catalogue> build();

private:
    // One of the two folders that are served from "/".
    struct Base {
        std::string name; // below the root
        int rank = 0;
        std::shared_ptr<const Fd> folder;
        Manifest manifest;
    };

    void announce(const std::string& path) const {
        if (on_folder_)
            on_folder_(path);
    }
    Done scan_base(const Fd& root, std::string_view name, int rank, Links links);
    void scan_folder(const Base& base, const Fd& folder, const std::string& path, int depth);
    void scan_subfolder(const Base& base, const Fd& parent, const std::string& path,
                        const std::string& name, int depth);
    void add_file(const Base& base, const std::string& folder, const std::string& name);
    void problem(std::string text);
    void settle_names();

    std::string root_;
    const Catalogue::OnFolder& on_folder_;
    std::vector<Candidate> candidates_;
    Catalogue catalogue_;
};

void CatalogueBuilder::problem(std::string text) {
    if (catalogue_.problems_.size() < problems_max)
        catalogue_.problems_.push_back(printable(text));
}

Result<Catalogue> CatalogueBuilder::build() {
    announce(root_);
    const auto root = open_root(root_);
    if (!root)
        return tl::unexpected(root.error());
    // Before the folder is opened: if it is switched in between, this catalogue only looks older
    // than it is.
    catalogue_.generation_ = live_generation(root_);
    if (const auto done = scan_base(*root, tree::config_link, 0, Links::followed); !done)
        return tl::unexpected(done.error());
    if (const auto done = scan_base(*root, tree::firmware_folder, 1, Links::refused); !done)
        return tl::unexpected(done.error());
    settle_names();
    return std::move(catalogue_);
}

Done CatalogueBuilder::scan_base(const Fd& root, std::string_view name, int rank, Links links) {
    Base base{std::string(name), rank, nullptr, {}};
    auto folder = open_folder(root, base.name, links);
    if (!folder && folder.error().kind == ErrorKind::not_found)
        return {};
    if (!folder)
        return fail_in(root_, folder.error());
    base.folder = std::make_shared<const Fd>(std::move(*folder));
    auto manifest = rank == 0 ? read_manifest(*base.folder) : Manifest{};
    if (!manifest)
        return fail_in(root_ + "/" + base.name, manifest.error());
    base.manifest = std::move(*manifest);
    scan_folder(base, *base.folder, "", 0);
    return {};
}

void CatalogueBuilder::scan_folder(const Base& base, const Fd& folder, const std::string& path,
                                   int depth) {
    announce(joined(root_ + "/" + base.name, path));
    const auto entries = read_folder(folder);
    if (!entries) {
        problem(joined(base.name, path) + ": " + entries.error().message);
        return;
    }
    for (const Entry& entry : *entries) {
        const std::string below = joined(path, entry.name);
        if (S_ISDIR(entry.type))
            scan_subfolder(base, folder, path, entry.name, depth);
        else if (S_ISREG(entry.type) && !(path.empty() && entry.name == tree::manifest_file))
            add_file(base, path, entry.name);
        else if (!S_ISREG(entry.type))
            problem(joined(base.name, below) + ": neither a file nor a folder, not served");
    }
}

void CatalogueBuilder::scan_subfolder(const Base& base, const Fd& parent, const std::string& path,
                                      const std::string& name, int depth) {
    const std::string below = joined(path, name);
    const std::string origin = joined(base.name, below);
    if (Shelf::of_folder(path)) // basic names hold no '/'
        return problem(origin + ": a folder on a shelf, not served");
    if (depth == folder_depth_max)
        return problem(origin + ": deeper than " + std::to_string(folder_depth_max) + " folders");
    const auto folder = open_folder(parent, name, Links::refused);
    if (!folder)
        return problem(origin + ": " + folder.error().message);
    scan_folder(base, *folder, below, depth + 1);
}

void CatalogueBuilder::add_file(const Base& base, const std::string& folder,
                                const std::string& name) {
    const std::string path = joined(folder, name);
    const auto shelf = Shelf::of_folder(folder);
    Candidate candidate;
    candidate.on_shelf = shelf.has_value();
    candidate.folder = folder;
    candidate.base_rank = base.rank;
    candidate.origin = joined(base.name, path);
    candidate.file.base = base.folder;
    candidate.file.path = path;
    candidate.name = shelf ? shelf->served_name(name) : path;
    const auto askable = normalise_request_name(candidate.name);
    if (!askable || *askable != candidate.name)
        return problem(candidate.origin + ": its name cannot be asked for, not served");
    if (candidates_.size() == served_files_max)
        return problem("more than " + std::to_string(served_files_max) + " files, " +
                       candidate.origin + " and others are not served");
    ServedFile& file = candidate.file;
    if (const auto entry = base.manifest.find(path); entry != base.manifest.end()) {
        file.owner = entry->second.owner;
        file.access = entry->second.access;
        file.sha256 = entry->second.sha256;
        file.device_class = entry->second.device_class;
        file.http = entry->second.http;
    }
    // The manifest makes a device's file open by its rule, not by forgetting the owner.
    if (!file.owner)
        file.owner = owner_of(name);
    if (!file.owner)
        file.owner = owner_of(candidate.name);
    candidates_.push_back(std::move(candidate));
}

void CatalogueBuilder::settle_names() {
    std::stable_sort(
        candidates_.begin(), candidates_.end(),
        [](const Candidate& left, const Candidate& right) { return left.rank() < right.rank(); });
    std::map<std::string_view, const Candidate*> winners;
    for (const Candidate& candidate : candidates_) {
        const auto [place, is_new] = winners.emplace(candidate.name, &candidate);
        // A literal file before a shelf's is the rule, and no accident.
        if (!is_new && place->second->on_shelf == candidate.on_shelf)
            problem("/" + candidate.name + " is served from " + place->second->origin +
                    ", not from " + candidate.origin);
    }
    catalogue_.files_.reserve(winners.size());
    for (const auto& [name, candidate] : winners) {
        const ServedFile& file = candidate->file;
        if (file.owner && !file.device_class.empty())
            catalogue_.classes_.emplace(*file.owner, file.device_class);
        catalogue_.files_.emplace(name, file);
    }
}

std::string live_generation(const std::string& root) {
    std::error_code error;
    return std::filesystem::read_symlink(joined(root, std::string(tree::config_link)), error)
        .string();
}

Result<Catalogue> Catalogue::build(const std::string& root, const OnFolder& on_folder) {
    return CatalogueBuilder(root, on_folder).build();
}

std::string_view Catalogue::class_of(const Mac& mac) const {
    const auto found = classes_.find(mac);
    return found == classes_.end() ? std::string_view() : found->second;
}

const ServedFile* Catalogue::find(std::string_view name) const {
    const auto found = files_.find(name);
    return found == files_.end() ? nullptr : &found->second;
}

} // namespace plugtone::tftpd
