// plugtonectl resync: tells phones to look for their new files, and sees whether they come.
#include <set>

#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"

namespace plugtone::ctl {

namespace {

using Step = Manager::ResyncStep;

bool is_final(const std::string& outcome) {
    return outcome != "waiting" && outcome != "notified" && outcome != "answered";
}

nlohmann::json json_of(const Step& step) {
    return {{"mac", step.mac},   {"address", step.address}, {"outcome", step.outcome},
            {"sent", step.sent}, {"status", step.status},   {"detail", step.detail}};
}

std::string answer_text(const Step& step) {
    return step.status == 0 ? "" : std::to_string(step.status) + " " + step.detail;
}

// What to do about it; empty: nothing.
std::string advice(const Step& step) {
    if (step.outcome == "silent")
        return "no answer: is SIP on another port (its class's <resync port>), is it switched off?";
    if (step.status == 401 || step.status == 407)
        return "it wants proof of who asks: set P4428=1 for it ('device set')";
    if (step.outcome == "ignored")
        return "it answered and did not come for its file in time";
    return step.outcome == "fetched" ? "" : step.detail;
}

struct ResyncLine {
    std::vector<std::string> macs;
    std::string class_name;
    bool all = false;
    bool outdated = false;
    bool no_wait = false;
};

Done run(const Command& command, Client& client, const ResyncLine& line) {
    std::string which;
    if (line.all)
        which = "all";
    else if (line.outdated)
        which = "outdated";
    else if (!line.class_name.empty())
        which = "class " + line.class_name;
    if (line.macs.empty() && which.empty())
        return fail("resync: want MAC addresses, --all, --class NAME or --outdated");
    return resync(command, client, line.macs, which, !line.no_wait);
}

} // namespace

Done resync(const Command& command, Client& client, const std::vector<std::string>& macs,
            const std::string& which, bool waits) {
    std::map<std::string, Step> steps;
    std::set<std::string> open;
    bool listening = false;
    client.manager().on_resynced = [&](const Step& step) {
        steps[step.mac] = step;
        if (is_final(step.outcome))
            open.erase(step.mac);
        if (listening && open.empty())
            client.stop();
    };
    const auto [told, skipped] = client.manager().Resync(macs, which);
    for (const std::string& mac : told)
        steps.try_emplace(mac, Step{mac, "", "waiting", 0, 0, ""});
    if (waits) {
        open.insert(told.begin(), told.end());
        listening = !open.empty();
        if (listening)
            client.listen();
    }
    nlohmann::json json = nlohmann::json::array();
    std::vector<Row> rows;
    std::size_t missing = 0;
    for (const std::string& mac : told) {
        const Step& step = steps.at(mac);
        json.push_back(json_of(step));
        rows.push_back({mac, step.address, std::to_string(step.sent), answer_text(step),
                        state_cell(step.outcome), waits ? advice(step) : ""});
        missing += waits && step.outcome != "fetched" ? 1U : 0U;
    }
    for (const auto& one : skipped) {
        json.push_back(json_of({std::get<0>(one), "", "skipped", 0, 0, std::get<1>(one)}));
        rows.push_back({std::get<0>(one), "", "0", "", state_cell("skipped"), std::get<1>(one)});
        ++missing;
    }
    if (command.json)
        print_json(json);
    else
        print_table({"MAC", "ADDRESS", "SENT", "ANSWER", "OUTCOME", ""}, rows);
    if (missing > 0)
        return fail(std::to_string(missing) + " of " + std::to_string(rows.size()) +
                    " have not come for their files");
    return {};
}

void declare_resync_command(CLI::App& app, Command& command) {
    const auto line = std::make_shared<ResyncLine>();
    CLI::App* made =
        app.add_subcommand("resync", "tells phones to look for their new files (SIP NOTIFY)");
    made->add_option("MAC", line->macs, "these");
    CLI::Option* all = made->add_flag("--all", line->all, "every phone");
    CLI::Option* outdated = made->add_flag("--outdated", line->outdated,
                                           "those that have another file than the live one");
    CLI::Option* of_class = made->add_option("--class", line->class_name, "those of that class");
    all->excludes(outdated)->excludes(of_class);
    outdated->excludes(of_class);
    made->add_flag("--no-wait", line->no_wait, "does not wait for them to come");
    made->callback([&command, line] {
        command.run = [&command, line](Client& client) { return run(command, client, *line); };
    });
}

} // namespace plugtone::ctl
