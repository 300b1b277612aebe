#include "core/base/layered_files.hpp"

#include <filesystem>
#include <map>

#include "core/base/file.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

// File name → path in the last folder that has it.
std::map<std::string, std::string> paths_by_name(const std::vector<std::string>& folders,
                                                 std::vector<std::string>& problems) {
    namespace fs = std::filesystem;
    std::map<std::string, std::string> paths;
    for (const std::string& folder : folders) {
        std::error_code error;
        for (fs::directory_iterator at(folder, error), end; !error && at != end;
             at.increment(error)) {
            const std::string name = at->path().filename().string();
            if (name.ends_with(".xml") && !name.starts_with('.'))
                paths[name] = at->path().string();
        }
        if (error && error != std::errc::no_such_file_or_directory)
            problems.push_back(folder + ": " + error.message());
    }
    return paths;
}

} // namespace

LayeredFiles read_layered_files(const std::vector<std::string>& folders, std::size_t size_max) {
    LayeredFiles read;
    for (const auto& [name, path] : paths_by_name(folders, read.problems)) {
        auto bytes = read_file(path, size_max);
        if (!bytes)
            read.problems.push_back(bytes.error().message);
        else if (!trim(as_text(*bytes)).empty())
            read.files.push_back({path, *std::move(bytes)});
    }
    return read;
}

} // namespace plugtone
