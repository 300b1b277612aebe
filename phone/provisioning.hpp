// Which files a phone asks its server for, and in what order: the guide's Figure 1 as pure logic.
// The device's binary file, its XML file, the generic XML file only when that one could not be
// downloaded; then what else the caller wants to see fetched.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/mac.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone {

enum class FileKind {
    binary,   // cfg<mac>
    own_xml,  // cfg<mac>.xml
    generic,  // cfg.xml
    firmware, // fetched, not judged
    asked,    // fetched only to see what the server answers
};

enum class FileResult {
    ok,       // fetched and, for a configuration file, good
    absent,   // the server says that there is none
    refused,  // the server says that we may not
    failed,   // no answer, or not all of it
    rejected, // fetched, but not what the phone can take
};
std::string_view file_result_name(FileResult result);

struct FileRequest {
    FileKind kind{};
    std::string name;
    bool operator==(const FileRequest&) const = default;
};

enum class Outcome { configured, generic, failed };
std::string_view outcome_name(Outcome outcome);

class ProvisioningFlow {
public:
    ProvisioningFlow(const Mac& mac, const std::vector<std::string>& firmware,
                     const std::vector<std::string>& asked);

    // The file to ask for now; nothing when all is done. Answer each with on_result.
    std::optional<FileRequest> next() const;
    void on_result(FileResult result);

    // configured: a file of the device's own was taken and none that came was unusable; generic:
    // only cfg.xml was; failed: neither. Firmware and asked files play no part.
    Outcome outcome() const;

private:
    std::vector<FileRequest> requests_; // those still to come are changed by results
    std::size_t at_ = 0;
    bool own_ = false;
    bool generic_ = false;
    bool rejected_ = false;
};

} // namespace plugtone
