#include "agent/publisher.hpp"

#include <algorithm>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/generation_files.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/contracts/durable.hpp"
#include "core/contracts/tree.hpp"

namespace plugtone {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view aside_prefix = ".new-";
constexpr std::string_view next_aside = ".new-next";

std::vector<Generation> numbers_in(const std::string& generations) {
    std::vector<Generation> numbers;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(generations, error))
        if (const auto number = parse_number<Generation>(entry.path().filename().string()))
            numbers.push_back(*number);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

void remove_folder(const std::string& path) noexcept {
    std::error_code ignored; // what cannot be removed now is removed with the old ones
    fs::remove_all(path, ignored);
}

// All but the newest ones and the live one.
void remove_old(const std::string& generations, Generation live) {
    std::vector<Generation> numbers = numbers_in(generations);
    while (numbers.size() > Publisher::generations_kept) {
        if (numbers.front() != live)
            remove_folder(generations + "/" + std::to_string(numbers.front()));
        numbers.erase(numbers.begin());
    }
}

} // namespace

Publisher::Publisher(std::string root, Sealer sealer)
    : root_(std::move(root)), sealer_(std::move(sealer)) {}

std::string Publisher::folder(Generation number) const {
    return root_ + "/" + std::string(tree::generations_folder) + "/" + std::to_string(number);
}

std::string Publisher::aside_of(Generation number) const {
    return root_ + "/" + std::string(tree::generations_folder) + "/" + std::string(aside_prefix) +
           std::to_string(number);
}

Done Publisher::prepare() {
    settle();
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
    read_live();
    inspected_ = "";
    return {};
}

void Publisher::read_live() {
    give_up_ground(); // it may hold what is found to be damaged now
    const auto current = live();
    contents_ = current ? read_contents(folder(*current)) : Contents{};
    broken_.reset();
}

void Publisher::inspect_again() {
    read_live();
    inspected_ = "";
}

void Publisher::inspect_live() {
    inspect_again();
    while (inspect_some(no_hurry)) {
    }
    broken_.reset(); // the caller composes everything
}

bool Publisher::inspect_some(std::chrono::milliseconds limit) {
    if (!inspected_ || !live())
        return false;
    const auto began = std::chrono::steady_clock::now();
    const std::string base = folder(live().value_or(0)) + "/";
    for (auto at = contents_.upper_bound(*inspected_); at != contents_.end();) {
        inspected_ = at->first;
        if (is_whole(base + at->first, at->second.entry)) {
            ++at;
        } else {
            if (!broken_)
                broken_.emplace();
            if (at->second.entry.owner) // what is everybody's is composed each time
                broken_->devices.insert(*at->second.entry.owner);
            at = contents_.erase(at);
        }
        if (std::chrono::steady_clock::now() - began >= limit)
            return true;
    }
    inspected_.reset();
    return false;
}

std::optional<Scope> Publisher::take_broken() {
    if (broken_)
        give_up_ground(); // it may hold them
    return std::exchange(broken_, std::nullopt);
}

std::optional<Generation> Publisher::live() const {
    std::error_code error;
    const fs::path target = fs::read_symlink(root_ + "/" + std::string(tree::config_link), error);
    return error ? std::nullopt : parse_number<Generation>(target.filename().string());
}

std::vector<Generation> Publisher::kept() const {
    return numbers_in(root_ + "/" + std::string(tree::generations_folder));
}

void Publisher::give_up_ground() {
    if (tidying_.valid())
        if (const auto ground = tidying_.get())
            remove_folder(ground->aside);
}

// The folder in which the files of the live generation stand already.
Result<std::string> Publisher::take_ground(Generation number) {
    const std::string aside = aside_of(number);
    remove_folder(aside);
    const Generation current = live().value_or(0);
    if (tidying_.valid())
        if (const auto ground = tidying_.get()) {
            if (ground->of == current && ::rename(ground->aside.c_str(), aside.c_str()) == 0)
                return aside;
            remove_folder(ground->aside);
        }
    if (auto made = make_folder(aside); !made)
        return tl::unexpected(made.error());
    if (auto linked = link_files(folder(current), contents_, aside); !linked) {
        remove_folder(aside);
        return tl::unexpected(linked.error());
    }
    return aside;
}

Result<Publisher::Build> Publisher::begin(Generation number, const Scope& scope,
                                          const std::vector<Generation>& also) {
    if (live() == number)
        return fail(ErrorKind::conflict, "generation " + std::to_string(number) + " is live");
    // Somebody took the link away: what is not composed now would be lost.
    if (!live() && !scope.everything && !contents_.empty())
        return fail(ErrorKind::io, root_ + "/" + std::string(tree::config_link) +
                                       ": the link to the live generation is gone; 'plugtonectl "
                                       "publish' makes it anew");
    if (!live())
        contents_.clear();
    // A number that was built and then not recorded: the database knows nothing of it.
    discard(number);
    auto aside = take_ground(number);
    if (!aside)
        return tl::unexpected(aside.error());
    Build build(*this, number, *std::move(aside));
    if (!scope.everything)
        for (const auto& [path, file] : contents_)
            if (file.entry.owner && !scope.holds(*file.entry.owner))
                build.contents_.emplace_hint(build.contents_.end(), path, file);
    for (const Generation earlier : also)
        build.also_.emplace_back(earlier, read_contents(folder(earlier)));
    return build;
}

Publisher::Build::Build(const Publisher& publisher, Generation number, std::string aside)
    : publisher_(publisher), number_(number), aside_(std::move(aside)) {}

Publisher::Build::Build(Build&& other) noexcept
    : publisher_(other.publisher_), number_(other.number_), aside_(std::exchange(other.aside_, {})),
      contents_(std::move(other.contents_)), also_(std::move(other.also_)),
      made_folders_(std::move(other.made_folders_)), written_(other.written_) {}

Publisher::Build::~Build() {
    if (!aside_.empty())
        remove_folder(aside_);
}

// A file that holds this document already.
std::optional<Publisher::Build::Source> Publisher::Build::source_of(const Document& document,
                                                                    const std::string& key) const {
    const auto entry_of = [&](const Contents& contents,
                              const std::string& path) -> const ManifestEntry* {
        const auto found = contents.find(path);
        return found != contents.end() && found->second.key == key ? &found->second.entry : nullptr;
    };
    for (const std::string& path : document.paths)
        if (const ManifestEntry* entry = entry_of(publisher_.contents_, path))
            return Source{aside_ + "/" + path, entry->sha256};
    for (const auto& [number, contents] : also_)
        for (const std::string& path : document.paths) {
            const std::string file = publisher_.folder(number) + "/" + path;
            const ManifestEntry* entry = entry_of(contents, path);
            if (entry != nullptr && is_whole(file, *entry))
                return Source{file, entry->sha256};
        }
    return std::nullopt;
}

Result<Publisher::Build::Source> Publisher::Build::seal(const Document& document) {
    const auto sealed = publisher_.sealer_.seal(document);
    if (!sealed)
        return fail_in(document.paths.front(), sealed.error());
    if (auto good = publisher_.sealer_.check(document, *sealed); !good)
        return tl::unexpected(good.error());
    const std::string path = aside_ + "/" + document.paths.front();
    if (auto written = replace_new(path, *sealed); !written)
        return tl::unexpected(written.error());
    ++written_;
    return Source{path, sha256_hex(*sealed)};
}

// Brings the document to all of its names; the SHA-256 of what stands there.
Result<std::string> Publisher::Build::place(const Document& document, const std::string& key) {
    for (const std::string& path : document.paths)
        if (made_folders_.insert(path.substr(0, path.rfind('/'))).second)
            if (auto made = make_folders(aside_, path); !made)
                return tl::unexpected(made.error());
    const auto earlier = source_of(document, key);
    const auto source = earlier ? Result<Source>(*earlier) : seal(document);
    if (!source)
        return tl::unexpected(source.error());
    for (const std::string& path : document.paths)
        if (const std::string link = aside_ + "/" + path; link != source->path)
            if (auto linked = replace_with_link(source->path, link); !linked)
                return tl::unexpected(linked.error());
    return source->sha256;
}

Done Publisher::Build::add(const Document& document) {
    const std::string key = publisher_.sealer_.key_of(document);
    const auto front = publisher_.contents_.find(document.paths.front());
    const auto unchanged = [&](const std::string& path) {
        const auto found = publisher_.contents_.find(path);
        return found != publisher_.contents_.end() && found->second.key == key &&
               found->second.entry.sha256 == front->second.entry.sha256;
    };
    for (const std::string& path : document.paths)
        if (contents_.contains(path))
            return fail(path + ": two documents have this name");
    const bool stays = std::all_of(document.paths.begin(), document.paths.end(), unchanged);
    const auto sha256 =
        stays ? Result<std::string>(front->second.entry.sha256) : place(document, key);
    if (!sha256)
        return tl::unexpected(sha256.error());
    for (const std::string& path : document.paths)
        contents_[path] = {
            {*sha256, document.access, document.owner, document.device_class, document.http}, key};
    return {};
}

Result<Publisher::Built> Publisher::finish(Build build, bool only_if_different) {
    const Built built{build.written_, build.written_ == 0 && build.contents_ == contents_};
    if (built.same_as_live && only_if_different)
        return built;
    bool removed = false;
    for (const auto& [path, file] : contents_) {
        if (build.contents_.contains(path))
            continue;
        if (::unlink((build.aside_ + "/" + path).c_str()) != 0)
            return fail_errno("cannot remove " + build.aside_ + "/" + path);
        removed = true;
    }
    if (removed)
        remove_empty_folders(build.aside_);
    if (auto written = write_contents(build.aside_, build.contents_); !written)
        return tl::unexpected(written.error());
    if (auto flushed = sync_file_system(build.aside_); !flushed)
        return tl::unexpected(flushed.error());
    if (::rename(build.aside_.c_str(), folder(build.number_).c_str()) != 0)
        return fail_errno("cannot name " + folder(build.number_));
    build.aside_.clear();
    if (auto flushed = sync_folder(root_ + "/" + std::string(tree::generations_folder)); !flushed) {
        discard(build.number_);
        return tl::unexpected(flushed.error());
    }
    named_.emplace(build.number_, std::move(build.contents_));
    return built;
}

Done Publisher::switch_to(Generation number) {
    const Done switched =
        replace_link(root_ + "/" + std::string(tree::config_link),
                     std::string(tree::generations_folder) + "/" + std::to_string(number));
    // Even if it failed: the link may have been renamed when the disk did not take it.
    if (live() != number)
        return switched;
    if (named_ && named_->first == number)
        contents_ = std::move(named_->second);
    else
        inspect_live();
    named_.reset();
    return switched;
}

void Publisher::discard(Generation number) noexcept {
    try {
        if (live() != number)
            remove_folder(folder(number));
    } catch (const std::exception&) {
        return; // out of memory: it is removed with the old ones
    }
}

void Publisher::tidy() {
    const auto current = live();
    if (!current)
        return;
    give_up_ground();
    const std::string generations = root_ + "/" + std::string(tree::generations_folder);
    const std::string aside = generations + "/" + std::string(next_aside);
    tidying_ = std::async(
        std::launch::async,
        [generations, aside, number = *current, files = contents_]() -> std::optional<Ground> {
            remove_old(generations, number);
            remove_folder(aside);
            if (make_folder(aside) &&
                link_files(generations + "/" + std::to_string(number), files, aside))
                return Ground{aside, number};
            remove_folder(aside); // the next build will say why
            return std::nullopt;
        });
}

std::string Publisher::digest_of(Generation number) const {
    return manifest_digest(folder(number));
}

void Publisher::settle() noexcept {
    if (tidying_.valid())
        tidying_.wait();
}

} // namespace plugtone
