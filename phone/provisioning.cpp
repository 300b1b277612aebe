#include "phone/provisioning.hpp"

#include <cassert>

#include "core/names/owner.hpp"

namespace plugtone {

std::string_view file_result_name(FileResult result) {
    switch (result) {
    case FileResult::ok:
        return "ok";
    case FileResult::absent:
        return "absent";
    case FileResult::refused:
        return "refused";
    case FileResult::failed:
        return "failed";
    case FileResult::rejected:
        return "rejected";
    }
    return {};
}

std::string_view outcome_name(Outcome outcome) {
    switch (outcome) {
    case Outcome::configured:
        return "configured";
    case Outcome::generic:
        return "generic";
    case Outcome::failed:
        return "failed";
    }
    return {};
}

ProvisioningFlow::ProvisioningFlow(const Mac& mac, const std::vector<std::string>& firmware,
                                   const std::vector<std::string>& asked) {
    requests_ = {{FileKind::binary, binary_config_name(mac)},
                 {FileKind::own_xml, xml_config_name(mac)},
                 {FileKind::generic, std::string(generic_config_name)}};
    for (const std::string& name : firmware)
        requests_.push_back({FileKind::firmware, name});
    for (const std::string& name : asked)
        requests_.push_back({FileKind::asked, name});
}

std::optional<FileRequest> ProvisioningFlow::next() const {
    if (at_ == requests_.size())
        return std::nullopt;
    return requests_[at_];
}

void ProvisioningFlow::on_result(FileResult result) {
    assert(at_ < requests_.size());
    const FileKind kind = requests_[at_++].kind;
    if (kind == FileKind::firmware || kind == FileKind::asked)
        return;
    const bool downloaded = result == FileResult::ok || result == FileResult::rejected;
    rejected_ = rejected_ || result == FileResult::rejected;
    if (result == FileResult::ok)
        (kind == FileKind::generic ? generic_ : own_) = true;
    // Figure 1 asks whether the download was successful, not what was in it.
    if (kind == FileKind::own_xml && downloaded)
        ++at_; // not the generic file
}

Outcome ProvisioningFlow::outcome() const {
    if (rejected_)
        return Outcome::failed;
    if (own_)
        return Outcome::configured;
    return generic_ ? Outcome::generic : Outcome::failed;
}

} // namespace plugtone
