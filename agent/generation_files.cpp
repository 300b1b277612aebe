#include "agent/generation_files.hpp"

#include <filesystem>
#include <set>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fd.hpp"
#include "core/base/file.hpp"
#include "core/contracts/tree.hpp"

namespace plugtone {

namespace {

namespace fs = std::filesystem;

constexpr mode_t file_mode = 0640;
constexpr mode_t own_file_mode = 0600;
constexpr mode_t folder_mode = 0750;
constexpr std::string_view documents_file = ".documents";
constexpr std::size_t document_size_max = std::size_t{16} << 20U;

Done write_new(const std::string& path, ByteView bytes, mode_t mode) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
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

Done clear_way(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return fail_errno("cannot replace " + path);
    return {};
}

} // namespace

Done make_folder(const std::string& path) {
    if (::mkdir(path.c_str(), folder_mode) != 0 && errno != EEXIST)
        return fail_errno("cannot make the folder " + path);
    return {};
}

Done make_folders(const std::string& base, const std::string& path) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1))
        if (auto made = make_folder(base + "/" + path.substr(0, slash)); !made)
            return made;
    return {};
}

Done replace_new(const std::string& path, ByteView bytes) {
    if (auto clear = clear_way(path); !clear)
        return clear;
    return write_new(path, bytes, file_mode);
}

Done replace_with_link(const std::string& source, const std::string& path) {
    if (auto clear = clear_way(path); !clear)
        return clear;
    if (::link(source.c_str(), path.c_str()) != 0)
        return fail_errno("cannot link " + path);
    return {};
}

Done link_files(const std::string& from, const Contents& files, const std::string& into) {
    const Fd source(::open(from.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const Fd target(::open(into.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!files.empty() && (!source || !target))
        return fail_errno("cannot open " + from + " and " + into);
    std::string made; // paths are in order: a folder's files stand together
    for (const auto& [path, file] : files) {
        if (const std::string folder = path.substr(0, path.rfind('/')); folder != made) {
            if (auto done = make_folders(into, path); !done)
                return done;
            made = folder;
        }
        if (::linkat(source.get(), path.c_str(), target.get(), path.c_str(), 0) != 0)
            return fail_errno("cannot link " + into + "/" + path);
    }
    return {};
}

void remove_empty_folders(const std::string& folder) {
    std::error_code error;
    std::set<std::string, std::greater<>> folders; // the deeper ones first
    for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error))
        if (at->is_directory(error))
            folders.insert(at->path().string());
    for (const std::string& path : folders)
        ::rmdir(path.c_str()); // stays if it holds something
}

Done sync_file_system(const std::string& folder) {
    const Fd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened || ::syncfs(opened.get()) != 0)
        return fail_errno("cannot flush " + folder);
    return {};
}

bool is_whole(const std::string& path, const ManifestEntry& entry) {
    const auto bytes = read_file(path, document_size_max);
    return bytes && sha256_hex(*bytes) == entry.sha256;
}

Done write_contents(const std::string& folder, const Contents& contents) {
    Manifest manifest;
    std::string documents;
    for (const auto& [path, file] : contents) {
        manifest.emplace_hint(manifest.end(), path, file.entry);
        documents += file.key + " " + path + "\n";
    }
    if (auto written = write_new(folder + "/" + std::string(tree::manifest_file),
                                 as_bytes(encode_manifest(manifest)), file_mode);
        !written)
        return written;
    return write_new(folder + "/" + std::string(documents_file), as_bytes(documents),
                     own_file_mode);
}

std::string manifest_digest(const std::string& folder) {
    const auto manifest =
        read_file(folder + "/" + std::string(tree::manifest_file), manifest_size_max);
    return manifest ? sha256_hex(*manifest) : "";
}

Contents read_contents(const std::string& folder) {
    Contents contents;
    const auto manifest =
        read_file(folder + "/" + std::string(tree::manifest_file), manifest_size_max);
    const auto entries =
        manifest ? decode_manifest(*manifest) : Result<Manifest>(tl::unexpected(manifest.error()));
    if (!entries)
        return contents;
    for (const auto& [path, entry] : *entries)
        contents.emplace_hint(contents.end(), path, PublishedFile{entry, ""});
    const auto documents = read_file(folder + "/" + std::string(documents_file), manifest_size_max);
    std::string_view rest = documents ? as_text(*documents) : std::string_view();
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        const std::size_t blank = std::min(line.find(' '), line.size());
        if (const auto found =
                contents.find(std::string(line.substr(std::min(blank + 1, line.size()))));
            found != contents.end())
            found->second.key = line.substr(0, blank);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return contents;
}

} // namespace plugtone
