// The part of the pipeline that is about class and parameter files.
#include <utility>

#include "agent/inherited.hpp"
#include "agent/pipeline.hpp"

namespace plugtone {

namespace {

// Values out of their type that problems() names one by one.
constexpr std::size_t misfits_shown_max = 20;

} // namespace

Pipeline::Definitions Pipeline::Definitions::load(const DefinitionFolders& folders) {
    return {load_classes(folders.classes), load_dictionary(folders.parameters)};
}

std::vector<std::string> Pipeline::Definitions::problems() const {
    std::vector<std::string> all = classes.problems;
    all.insert(all.end(), dictionary.problems.begin(), dictionary.problems.end());
    return all;
}

std::vector<std::string> Pipeline::problems() const {
    std::vector<std::string> all = file_problems_;
    std::size_t shown = 0;
    for (const auto& [where, text] : misfits_)
        if (++shown <= misfits_shown_max)
            all.push_back("device " + where.first.text() + ": " + text);
    if (shown > misfits_shown_max)
        all.push_back("and " + std::to_string(shown - misfits_shown_max) +
                      " more values out of their type; 'plugtonectl lint' shows all");
    if (shared_ != nullptr)
        if (std::string problem = shared_->problem(); !problem.empty())
            all.push_back(std::move(problem));
    return all;
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

Done Pipeline::reload() {
    Definitions fresh = Definitions::load(folders_);
    file_problems_ = fresh.problems();
    if (!file_problems_.empty())
        return fail("classes and parameters stay as they were: " + file_problems_.front());
    std::swap(definitions_, fresh);
    const Done good = check_class_values();
    const auto published = good ? publish("classes and parameters", Scope::all())
                                : Result<Outcome>(tl::unexpected(good.error()));
    if (!published) {
        std::swap(definitions_, fresh);
        return tl::unexpected(published.error());
    }
    return {};
}

} // namespace plugtone
