// A shelf of firmware in the making: beside the others in a folder that is never served, each file
// flushed, read again and compared, and then named in one step. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <openssl/evp.h>

#include "agent/firmware/archive.hpp"
#include "core/base/fd.hpp"
#include "core/base/openssl_handle.hpp"

namespace plugtone {

struct FirmwareFile {
    std::string name; // basic
    std::uint64_t size = 0;
    std::string sha256;

    bool operator==(const FirmwareFile&) const = default;
};

class ShelfDraft final : public ArchiveTaker {
public:
    // done of total bytes; false: nobody wants it any more.
    using Progress = std::function<bool(std::uint64_t done, std::uint64_t total)>;

    // folder: of all firmware. known: names that are firmware besides those that end in ".bin".
    static Result<std::unique_ptr<ShelfDraft>>
    begin_in(const std::string& folder, std::set<std::string> known, Progress progress);
    ShelfDraft(const ShelfDraft&) = delete;
    ShelfDraft& operator=(const ShelfDraft&) = delete;
    // Removes what was not placed.
    ~ShelfDraft() override;

    bool wants(const std::string& name) override;
    Done begin(const std::string& name) override;
    Done take(ByteView bytes) override;
    Done end() override;
    Done progress(std::uint64_t done, std::uint64_t total) override;

    // Reads every file back from the disk.
    Done verify() const;
    const std::vector<FirmwareFile>& files() const { return files_; }
    // Durably. shelf: the folder's name, as Shelf::folder() has it. Refuses one that is there.
    Done place(const std::string& shelf);

private:
    using Digest = Handle<EVP_MD_CTX, &EVP_MD_CTX_free>;

    ShelfDraft(std::string folder, std::string aside, std::set<std::string> known,
               Progress progress)
        : folder_(std::move(folder)), aside_(std::move(aside)), known_(std::move(known)),
          progress_(std::move(progress)) {}

    std::string folder_;
    std::string aside_; // empty once it is placed
    std::set<std::string> known_;
    Progress progress_;
    std::vector<FirmwareFile> files_;
    Fd open_;
    Digest digest_;
};

// Of a file of any size.
Result<FirmwareFile> look_at_file(const std::string& folder, const std::string& name);

// Takes a shelf away, durably, and the folders that held nothing else. One that is not there is no
// error.
Done remove_shelf(const std::string& folder, const std::string& shelf);
bool shelf_is_there(const std::string& folder, const std::string& shelf);
// Removes what an interrupted import or removal left.
void clear_drafts(const std::string& folder);

} // namespace plugtone
