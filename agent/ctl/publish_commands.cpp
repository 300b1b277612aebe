#include "agent/ctl/commands.hpp"
#include "agent/ctl/difference_output.hpp"
#include "agent/ctl/output.hpp"

namespace plugtone::ctl {

namespace {

struct PublishLine {
    bool resyncs = false;
    bool dry_run = false;
    bool force = false;
};
using Line = std::shared_ptr<PublishLine>;

// change: "publish" or "undo". Fails if it would be refused.
Done dry_run(const Command& command, Client& client, const std::string& change) {
    const auto [what, differences, findings] = client.manager().Preview(change);
    const auto text_of = [](const std::vector<std::string>& texts) {
        return texts.empty() ? std::nullopt : std::optional(texts.front());
    };
    std::vector<DifferenceLine> rows;
    rows.reserve(differences.size());
    for (const auto& row : differences)
        rows.push_back({std::get<0>(row), std::get<1>(row), std::get<2>(row), std::get<3>(row),
                        text_of(std::get<4>(row)), text_of(std::get<5>(row)), std::get<6>(row)});
    const std::vector<FindingLine> errors(findings.begin(), findings.end());
    if (command.json) {
        nlohmann::json json = {{"change", what},
                               {"differences", nlohmann::json::array()},
                               {"errors", nlohmann::json::array()}};
        for (const DifferenceLine& row : rows)
            json["differences"].push_back(difference_json(row));
        for (const FindingLine& error : errors)
            json["errors"].push_back(finding_json(error));
        print_json(json);
    } else {
        std::printf("%s: %s\n\n", what.c_str(),
                    rows.empty() ? "no phone would be given anything else"
                                 : "what would change; nothing has");
        print_differences(rows);
        print_alike(errors);
    }
    if (errors.empty())
        return {};
    return fail(ErrorKind::refused,
                "this would be refused for " + std::to_string(errors.size()) +
                    (errors.size() == 1 ? " new error" : " new errors") +
                    ": mend what is listed, or '--force' publishes it all the same");
}

Done publish(const Command& command, Client& client, const PublishLine& line) {
    if (line.dry_run)
        return dry_run(command, client, "publish");
    const nlohmann::json made = client.wait_for_job(client.manager().Publish(line.force));
    const std::string generation =
        "generation " + std::to_string(made.at("generation").get<std::uint64_t>());
    say(command,
        made.at("changed").get<bool>() ? generation + " is live"
                                       : "nothing has changed; " + generation + " stays live",
        made);
    return line.resyncs ? resync(command, client, {}, "outdated", true) : Done{};
}

Done undo(const Command& command, Client& client, const PublishLine& line) {
    if (line.dry_run)
        return dry_run(command, client, "undo");
    const auto [generation, change] = client.manager().Undo();
    say(command,
        "taken back: " + change + "; generation " + std::to_string(generation) + " is live",
        {{"generation", generation}, {"taken_back", change}});
    return {};
}

} // namespace

void declare_publish_commands(CLI::App& app, Command& command) {
    const auto line = std::make_shared<PublishLine>();
    CLI::App* publishing =
        app.add_subcommand("publish", "reads the class files anew and publishes what that changes");
    CLI::Option* looks = publishing->add_flag("--dry-run", line->dry_run,
                                              "only shows what would change for which phone");
    publishing->add_flag("--force", line->force, "whatever lint finds in it")->excludes(looks);
    publishing
        ->add_flag("--resync", line->resyncs,
                   "then tells every phone whose file is outdated, as 'resync' does")
        ->excludes(looks);
    publishing->callback([&command, line] {
        command.run = [&command, line](Client& client) { return publish(command, client, *line); };
    });
    CLI::App* undoing = app.add_subcommand("undo", "takes the newest change back");
    undoing->add_flag("--dry-run", line->dry_run, "only shows what would change for which phone");
    undoing->callback([&command, line] {
        command.run = [&command, line](Client& client) { return undo(command, client, *line); };
    });
}

} // namespace plugtone::ctl
