// What an operator can do with firmware: import an archive, in a job; pin devices and classes to
// it; take it away. The loop's thread; throws soci::soci_error when the database fails.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/jobs.hpp"
#include "agent/pipeline.hpp"
#include "agent/rollouts.hpp"
#include "core/base/fd.hpp"

namespace plugtone {

struct FirmwareImport {
    std::string file_name; // the archive's, for the operator; a bare file's is its basic name
    std::string model;
    std::string version;
    std::optional<std::string> prefix;  // nothing: "<model>_", lower case
    std::optional<std::string> postfix; // nothing: "_<version>"
};

// Whom a pin is for: one of the two.
struct PinTarget {
    std::string mac;
    std::string class_name;
};

// Before all else: what a power cut left half done is done, or has not happened.
void recover_firmware(FirmwareRows& rows, const std::string& folder);

class FirmwareDesk {
public:
    // All must outlive it. folder: of all firmware, in the served tree.
    FirmwareDesk(Pipeline& pipeline, Jobs& jobs, Rollouts& rollouts, std::string folder);

    void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

    // The file may be read by another thread until the job has ended.
    Result<JobNumber> import(Fd file, const FirmwareImport& wanted);
    Done remove(FirmwareId id);
    Done pin(FirmwareId id, const PinTarget& whom);
    Done unpin(const PinTarget& whom);

    Jobs& jobs() { return jobs_; }
    Rollouts& rollouts() { return rollouts_; }
    Pipeline& pipeline() { return pipeline_; }

private:
    Result<Firmware> checked(const FirmwareImport& wanted);
    Done check_room(const Firmware& firmware);
    Result<nlohmann::json> place(Firmware firmware, ShelfDraft& draft,
                                 const std::vector<std::string>& left_out);
    Done change_pin(const PinTarget& whom, FirmwareId firmware);
    std::optional<std::string> pinned_to(FirmwareId id);

    Inventory& inventory() { return pipeline_.inventory(); }

    Pipeline& pipeline_;
    Jobs& jobs_;
    Rollouts& rollouts_;
    std::string folder_;
    std::function<void()> changed_;
};

} // namespace plugtone
