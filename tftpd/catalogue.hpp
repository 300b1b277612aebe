// What can be asked for: served name -> where the file is and whose it is. An immutable snapshot of
// the tree (design, section 2), built from the disk by build() and then only looked up in memory,
// so that no byte of the network becomes a path. Any thread may read one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/fd.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/classes/device_class.hpp"
#include "core/contracts/http_credentials.hpp"
#include "tftpd/tree_folder.hpp"

namespace plugtone::tftpd {

struct ServedFile {
    std::shared_ptr<const Fd> base; // the generation, or the firmware folder
    std::string path;               // below base; it came from the disk
    std::optional<Mac> owner;       // nothing: a public file
    AccessRule access = AccessRule::lease;
    std::string sha256; // from the manifest; empty if it names none; likewise:
    std::string device_class;
    std::optional<HttpCredentials> http; // to be shown over HTTP

    // The size and the date are those of the descriptor, never remembered ones.
    Result<OpenFile> open() const { return open_file(*base, path); }
};

class Catalogue {
public:
    Catalogue() = default;

    // Called with each folder's path before the folder is read, so that a watch set there misses no
    // change.
    using OnFolder = std::function<void(const std::string& path)>;

    // Fails when the root cannot be read or the generation's manifest is not a whole one: then the
    // catalogue before it stays. Single files and folders that cannot be served are problems.
    static Result<Catalogue> build(const std::string& root, const OnFolder& on_folder = {});

    // name: as normalise_request_name makes it.
    const ServedFile* find(std::string_view name) const;
    std::size_t size() const { return files_.size(); }
    // Of a device that has private files in it; empty if it has none.
    std::string_view class_of(const Mac& mac) const;
    // What ROOT/config pointed to when this was built; empty if it was no link.
    const std::string& generation() const { return generation_; }
    // For the log, in order; no more than problems_max.
    const std::vector<std::string>& problems() const { return problems_; }

private:
    friend class CatalogueBuilder;

    // Names are looked up by view.
    struct NameHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const {
            return std::hash<std::string_view>{}(name);
        }
    };
    std::unordered_map<std::string, ServedFile, NameHash, std::equal_to<>> files_;
    std::map<Mac, std::string> classes_;
    std::string generation_;
    std::vector<std::string> problems_;
};

inline constexpr std::size_t served_files_max = 1000000;
inline constexpr std::size_t problems_max = 100;
inline constexpr int folder_depth_max = 16;

// What ROOT/config points to now; empty if it is no link.
std::string live_generation(const std::string& root);

// The catalogue in use. Any thread; a reader keeps the snapshot it took. (Not std::atomic over
// shared_ptr: GCC 12's load() unlocks without release order, libstdc++ PR 101761, which the thread
// sanitizer reports.)
class CatalogueInUse {
public:
    std::shared_ptr<const Catalogue> get() const {
        const std::lock_guard lock(mutex_);
        return catalogue_;
    }
    void set(std::shared_ptr<const Catalogue> catalogue) {
        const std::lock_guard lock(mutex_);
        catalogue_.swap(catalogue);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Catalogue> catalogue_ = std::make_shared<Catalogue>();
};

} // namespace plugtone::tftpd
