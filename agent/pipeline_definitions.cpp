// The part of the pipeline that is about class and parameter files.
#include <algorithm>
#include <ctime>
#include <limits>
#include <utility>

#include "agent/enrolment_findings.hpp"
#include "agent/inherited.hpp"
#include "agent/pipeline_trial.hpp"
#include "core/base/layered_files.hpp"
#include "core/classes/class_file.hpp"
#include "core/classes/dictionary_file.hpp"

namespace plugtone {

namespace {

// Devices' problems that problems() names one by one.
constexpr std::size_t device_problems_shown_max = 20;

// Of all that stands in the files, and where.
std::string digest_of(const DefinitionFolders& folders) {
    constexpr std::size_t size_max = std::max(class_file_size_max, dictionary_file_size_max);
    std::string text;
    for (const auto* kind : {&folders.classes, &folders.parameters}) {
        for (const auto& [path, content] : read_layered_files(*kind, size_max).files)
            text += path + "\n" + sha256_hex(content) + "\n";
        text += "\n";
    }
    return sha256_hex(as_bytes(text));
}

} // namespace

// Digest first: a file that changes meanwhile is then known not to be the one that was read.
Pipeline::Definitions Pipeline::Definitions::load(const DefinitionFolders& folders) {
    return {digest_of(folders), load_classes(folders.classes), load_dictionary(folders.parameters)};
}

std::vector<std::string> Pipeline::Definitions::problems() const {
    std::vector<std::string> all = classes.problems;
    all.insert(all.end(), dictionary.problems.begin(), dictionary.problems.end());
    return all;
}

std::vector<std::string> Pipeline::problems() {
    std::vector<std::string> all = file_problems_;
    std::size_t shown = 0;
    const auto add = [&](const Mac& mac, const std::string& text) {
        if (++shown <= device_problems_shown_max)
            all.push_back("device " + mac.text() + ": " + text);
    };
    for (const auto& [where, text] : misfits_)
        add(where.first, text);
    for (const Finding& finding : overdue())
        if (finding.severity == Severity::warning)
            add(finding.mac.value(),
                dictionary().label(finding.parameter.value()) + ": " + finding.text);
    if (shown > device_problems_shown_max)
        all.push_back("and " + std::to_string(shown - device_problems_shown_max) +
                      " more devices' problems; 'plugtonectl lint' shows all");
    if (shared_ != nullptr)
        if (std::string problem = shared_->problem(); !problem.empty())
            all.push_back(std::move(problem));
    return all;
}

std::vector<Finding> Pipeline::overdue() {
    long long shortest_s = std::numeric_limits<long long>::max();
    for (const DeviceClass& device_class : classes().classes())
        shortest_s = std::min(shortest_s, device_class.bootstrap.window_s);
    // In a fleet, another appliance may be the one that the device is at.
    const auto class_here = [this](const Device& device) -> const DeviceClass* {
        const bool is_elsewhere = shared_ != nullptr && states_.of(device.mac).last_seen == 0;
        return is_elsewhere ? nullptr : class_of(device);
    };
    return enrolment_findings(inventory_, class_here, shortest_s, std::time(nullptr));
}

const DeviceClass* Pipeline::class_of(const Device& device) {
    if (!device.class_name.empty())
        return classes().find(device.class_name);
    return classes().match(states_.of(device.mac).identity(device.mac));
}

Composition Pipeline::composition_of(const Device& device) {
    const ParameterSet own = inventory_.parameters(device.mac);
    const DeviceClass* device_class = class_of(device);
    static const DeviceClass none;
    if (device_class == nullptr)
        return compose({}, none, {}, own);
    Inherited inherited(inventory_, Scope::of(device.mac), false);
    return inherited.compose_for(
        device.mac, *device_class, own,
        pin_of(inherited.pins(), device.mac, *device_class).value_or(ParameterSet{}));
}

Result<ParameterSet> Pipeline::pin_of(const Pins& pins, const Mac& mac,
                                      const DeviceClass& device_class) const {
    auto parameters = pins.parameters(mac, device_class.name, firmware_server_);
    // At the start nobody is there to be refused; the device keeps the firmware that it has.
    return parameters || !tolerant_ ? std::move(parameters) : ParameterSet{};
}

// A class that contradicts the dictionary would make every one of its devices a problem.
Done Pipeline::check_class_values() const {
    for (const DeviceClass& device_class : classes().classes()) {
        ParameterSet defaults = device_class.vendor_defaults;
        overlay(defaults, device_class.defaults);
        for (const Finding& finding :
             type_errors(device_class, std::nullopt, defaults, dictionary()))
            return fail(device_class.origin + ": class " + device_class.name + ": " + finding.text);
    }
    return {};
}

// With what is wrong in the files as problems().
Result<Pipeline::Definitions> Pipeline::load_whole() {
    Definitions fresh = Definitions::load(folders_);
    file_problems_ = fresh.problems();
    if (!file_problems_.empty())
        return fail("classes and parameters stay as they were: " + file_problems_.front());
    return fresh;
}

std::vector<Finding> Pipeline::lint_errors() {
    std::vector<Finding> errors = lint();
    std::erase_if(errors,
                  [](const Finding& finding) { return finding.severity != Severity::error; });
    return errors;
}

Result<Pipeline::Outcome> Pipeline::reload(bool force, const Progress& progress) {
    auto fresh = load_whole();
    if (!fresh)
        return tl::unexpected(fresh.error());
    const Generation before = live();
    publisher_.inspect_again();
    const std::vector<Finding> known = force ? std::vector<Finding>() : lint_errors();
    Unit unit{{next_number(), std::time(nullptr), "classes and parameters"}, false, true};
    Trial trial(*this, *std::move(fresh));
    if (auto good = check_class_values(); !good)
        return tl::unexpected(good.error());
    if (!force)
        unit.gate = [&] { return refuse_new(new_findings(known, lint_errors()), dictionary()); };
    const auto published = make_generation(
        unit, Scope::all(), [](Generation) { return Done(); }, progress);
    if (!published)
        return published;
    trial.keep();
    return Outcome{published->generation, published->generation != before};
}

} // namespace plugtone
