// Of org.plugtone1.Manager what is about the whole tree: looked at, made, taken back.
#include <nlohmann/json.hpp>

#include "agent/bus_errors.hpp"
#include "agent/importer.hpp"
#include "agent/job_object.hpp"
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

void ManagerObject::Lint(sdbus::Result<std::vector<BusFinding>>&& result) {
    long_calls_.add(std::move(result), [this] {
        large_ = true;
        Pipeline& pipeline = operations_.pipeline();
        std::vector<BusFinding> all = to_bus(pipeline.lint(), pipeline.dictionary());
        for (const auto& [severity, text] : findings_of_kea(kea_))
            all.emplace_back(severity, "", "", "", text);
        return all;
    });
}

void ManagerObject::Preview(
    sdbus::Result<std::string, std::vector<BusDifference>, std::vector<BusFinding>>&& result,
    std::string change) {
    long_calls_.add(std::move(result), [this, change = std::move(change)] {
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

sdbus::ObjectPath ManagerObject::start_job(const std::string& what, Change change) {
    const auto step = [this, change = std::move(change)](
                          JobProgress& job) -> Result<std::optional<nlohmann::json>> {
        large_ = true;
        auto result = change([&](std::size_t done, std::size_t total) -> Done {
            job.reached(done, total);
            if (job.is_cancelled())
                return fail(ErrorKind::refused, "cancelled");
            return {};
        });
        if (!result)
            return tl::unexpected(result.error());
        return std::optional(*std::move(result));
    };
    return JobObject::path_of(value_or_throw(firmware_.jobs().start_steps(what, step)));
}

sdbus::ObjectPath ManagerObject::ImportDevices(
    const std::vector<std::string>& columns,
    const std::vector<sdbus::Struct<std::uint32_t, std::vector<std::string>>>& rows) {
    return answer([&] {
        CsvTable table{columns, {}};
        for (const auto& row : rows)
            table.rows.push_back({std::get<0>(row), std::get<1>(row)});
        const std::string what = "device import of " + std::to_string(table.rows.size()) + " rows";
        return start_job(what,
                         [this, table = std::move(table)](
                             const Pipeline::Progress& progress) -> Result<nlohmann::json> {
                             const auto outcome = import_devices(operations_, table, progress);
                             if (!outcome)
                                 return tl::unexpected(outcome.error());
                             nlohmann::json bad = nlohmann::json::array();
                             for (const BadCell& cell : outcome->bad)
                                 bad.push_back({{"row", cell.row},
                                                {"column", cell.column},
                                                {"text", cell.text}});
                             return nlohmann::json{{"bad", std::move(bad)},
                                                   {"notes", outcome->notes},
                                                   {"added", outcome->added},
                                                   {"changed", outcome->changed},
                                                   {"unchanged", outcome->unchanged}};
                         });
    });
}

sdbus::ObjectPath ManagerObject::Publish(const bool& force) {
    return answer([&] {
        return start_job(
            "publish", [this, force](const Pipeline::Progress& progress) -> Result<nlohmann::json> {
                const auto outcome = reload(force, progress);
                if (!outcome)
                    return tl::unexpected(outcome.error());
                return nlohmann::json{{"generation", outcome->generation},
                                      {"changed", outcome->changed}};
            });
    });
}

void ManagerObject::Undo(sdbus::Result<std::uint64_t, std::string>&& result) {
    long_calls_.add(std::move(result), [this] {
        const std::string change = value_or_throw(operations_.pipeline().undo());
        return std::tuple(to_bus(operations_.pipeline().live()), change);
    });
}

} // namespace plugtone
