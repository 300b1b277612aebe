// Of org.plugtone1.Manager what is about the whole tree: looked at, made, taken back.
#include <nlohmann/json.hpp>

#include "agent/bus_errors.hpp"
#include "agent/manager_object.hpp"

namespace plugtone {

namespace {

// What Kea's own configuration would override: severity and text.
std::vector<std::pair<std::string, std::string>> findings_of_kea(const KeaClient& kea) {
    std::vector<std::pair<std::string, std::string>> findings;
    if (!kea.is_there())
        return findings;
    const auto answer = kea.ask(R"({"command": "plugtone-status"})");
    if (!answer) {
        findings.emplace_back(severity_name(Severity::note),
                              "Kea's own configuration was not looked at: " +
                                  answer.error().message);
        return findings;
    }
    const auto status = nlohmann::json::parse(*answer, nullptr, false);
    for (const auto& [list, severity] :
         {std::pair("problems", Severity::error), std::pair("conflicts", Severity::warning)})
        if (status.is_object() && status.contains(list) && status[list].is_array())
            for (const auto& text : status[list])
                findings.emplace_back(
                    severity_name(severity),
                    "Kea: " + (text.is_string() ? text.get<std::string>() : text.dump()));
    return findings;
}

std::vector<std::string> shown(const std::optional<std::string>& value, bool secret) {
    return value ? std::vector{secret ? std::string() : *value} : std::vector<std::string>();
}

std::vector<BusDifference> to_bus(const std::vector<Difference>& differences) {
    std::vector<BusDifference> all;
    all.reserve(differences.size());
    for (const Difference& one : differences)
        all.emplace_back(one.mac ? one.mac->text() : "", std::string(what_name(one.what)), one.name,
                         one.title, shown(one.before, one.secret), shown(one.after, one.secret),
                         one.secret);
    return all;
}

std::vector<BusFinding> to_bus(const std::vector<Finding>& findings, const Dictionary& dictionary) {
    std::vector<BusFinding> all;
    all.reserve(findings.size());
    for (const Finding& finding : findings)
        all.emplace_back(std::string(severity_name(finding.severity)), finding.class_name,
                         finding.mac ? finding.mac->text() : "",
                         finding.parameter ? dictionary.label(*finding.parameter) : "",
                         finding.text);
    return all;
}

} // namespace

std::vector<BusFinding> ManagerObject::Lint() {
    return answer([&] {
        large_ = true;
        Pipeline& pipeline = operations_.pipeline();
        std::vector<BusFinding> all = to_bus(pipeline.lint(), pipeline.dictionary());
        for (const auto& [severity, text] : findings_of_kea(kea_))
            all.emplace_back(severity, "", "", "", text);
        return all;
    });
}

std::tuple<std::string, std::vector<BusDifference>, std::vector<BusFinding>>
ManagerObject::Preview(const std::string& change) {
    return answer([&] {
        if (change != "publish" && change != "undo")
            done_or_throw(fail("want 'publish' or 'undo', got '" + change + "'"));
        large_ = true;
        Pipeline& pipeline = operations_.pipeline();
        const auto preview = value_or_throw(change == "publish" ? pipeline.preview_publish()
                                                                : pipeline.preview_undo());
        return std::tuple(preview.what, to_bus(preview.differences),
                          to_bus(preview.errors, pipeline.dictionary()));
    });
}

std::tuple<std::uint64_t, bool> ManagerObject::Publish(const bool& force) {
    return answer([&] {
        large_ = true;
        const Generation before = operations_.pipeline().live();
        done_or_throw(reload(force));
        // Besides the definitions: what somebody changed in the tree behind our back.
        const auto outcome = value_or_throw(operations_.pipeline().publish_all("publish"));
        return std::tuple(to_bus(outcome.generation), outcome.generation != before);
    });
}

std::tuple<std::uint64_t, std::string> ManagerObject::Undo() {
    return answer([&] {
        const std::string change = value_or_throw(operations_.pipeline().undo());
        return std::tuple(to_bus(operations_.pipeline().live()), change);
    });
}

} // namespace plugtone
