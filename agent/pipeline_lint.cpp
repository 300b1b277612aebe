#include "agent/pipeline_settings.hpp"

namespace plugtone {

std::vector<Finding> Pipeline::lint() {
    Inherited inherited(inventory_, Scope::all(), false);
    std::vector<Finding> findings = overdue();
    std::map<std::string, ParameterSet> of_classes;
    const auto append = [&](std::vector<Finding> more) {
        findings.insert(findings.end(), std::make_move_iterator(more.begin()),
                        std::make_move_iterator(more.end()));
    };
    for (const std::string& problem : file_problems_)
        findings.push_back({Severity::error, "", std::nullopt, std::nullopt, problem});
    for (const DeviceClass& device_class : classes().classes()) {
        ParameterSet& set = of_classes[device_class.name];
        set = values_of(
            compose(inherited.of(of_site), device_class, inherited.of(device_class.name), {}));
        append(lint_class(device_class, set, dictionary()));
    }
    const Done all = each_device(
        Scope::all(), inherited, [&](const DeviceFacts& facts, std::size_t, std::size_t) -> Done {
            append(lint_device(facts, of_classes[facts.device_class->name], dictionary()));
            const auto documents = device_documents(facts, dictionary());
            if (!documents)
                findings.push_back({Severity::error, facts.device_class->name, facts.device.mac,
                                    std::nullopt, documents.error().message});
            return {};
        });
    if (!all)
        findings.push_back({Severity::error, "", std::nullopt, std::nullopt, all.error().message});
    return findings;
}

} // namespace plugtone
