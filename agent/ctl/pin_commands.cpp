#include <iostream>

#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "core/base/duration.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"

namespace plugtone::ctl {

namespace {

constexpr std::size_t pin_file_size_max = 64;

struct PinLine {
    std::string label;
    std::string class_name;
    std::string expires = "24h";
    SettingOptions settings;
    std::vector<std::string> words;
    std::string pin_file;
};
using Line = std::shared_ptr<PinLine>;
using Action = Done (*)(const Command&, Client&, const PinLine&);

Done issue(const Command& command, Client& client, const PinLine& line) {
    const auto valid_s = parse_duration(line.expires);
    if (!valid_s)
        return fail_in("--expires", valid_s.error());
    const auto settings = read_settings(line.settings);
    if (!settings)
        return tl::unexpected(settings.error());
    const auto [id, pin, expires] = client.enrolment()->IssuePin(
        line.label, line.class_name, *settings, static_cast<std::uint64_t>(*valid_s));
    say(command, pin + "  (" + id + ", until " + time_text(expires) + "; it is not shown again)",
        {{"id", id}, {"pin", pin}, {"label", line.label}, {"expires", expires}});
    return {};
}

Done list(const Command& command, Client& client, const PinLine&) {
    nlohmann::json json = nlohmann::json::array();
    std::vector<Row> rows;
    for (const auto& one : client.enrolment()->Pins()) {
        const auto& [id, state, label, class_name, issued, expires, mac] =
            static_cast<const std::tuple<std::string, std::string, std::string, std::string,
                                         std::int64_t, std::int64_t, std::string>&>(one);
        json.push_back({{"id", id},
                        {"state", state},
                        {"label", label},
                        {"class", class_name},
                        {"issued", issued},
                        {"expires", expires},
                        {"mac", mac}});
        rows.push_back({id, state, label, class_name, time_text(expires), mac});
    }
    if (command.json)
        print_json(json);
    else
        print_table({"ID", "STATE", "FOR", "CLASS", "EXPIRES", "REDEEMED BY"}, rows);
    return {};
}

// A PIN on the command line can be seen in the process list.
Result<std::string> pin_in_file(const std::string& path) {
    std::string text;
    if (path == "-") {
        std::getline(std::cin, text);
    } else {
        const auto bytes = read_file(path, pin_file_size_max);
        if (!bytes)
            return tl::unexpected(bytes.error());
        text = as_text(*bytes);
    }
    return std::string(trim(text));
}

// The words of the line, the PIN in front: from a file, or as the first of them.
Result<std::vector<std::string>> words_with_pin(const PinLine& line, std::size_t count) {
    std::vector<std::string> words = line.words;
    if (!line.pin_file.empty()) {
        auto pin = pin_in_file(line.pin_file);
        if (!pin)
            return tl::unexpected(pin.error());
        words.insert(words.begin(), *std::move(pin));
    }
    if (words.size() != count || words.front().empty())
        return fail("want the PIN, or --pin-file FILE" +
                    std::string(count == 2 ? ", and the MAC address" : ""));
    return words;
}

Done redeem(const Command& command, Client& client, const PinLine& line) {
    const auto words = words_with_pin(line, 2);
    if (!words)
        return tl::unexpected(words.error());
    const auto mac = Mac::parse((*words)[1]);
    if (!mac)
        return tl::unexpected(mac.error());
    const auto [id, path, class_name, notes] =
        client.enrolment()->RedeemPin((*words)[0], mac->text());
    print_notes(command, notes);
    say(command, "device " + mac->text() + " added by PIN " + id + ", class " + class_name,
        {{"id", id}, {"mac", mac->text()}, {"class", class_name}, {"notes", notes}});
    return {};
}

Done revoke(const Command& command, Client& client, const PinLine& line) {
    const auto words = words_with_pin(line, 1);
    if (!words)
        return tl::unexpected(words.error());
    const std::string id = client.enrolment()->RevokePin(words->front());
    say(command, "PIN " + id + " is revoked", {{"id", id}, {"done", true}});
    return {};
}

} // namespace

void declare_pin_commands(CLI::App& app, Command& command) {
    CLI::App* group = app.add_subcommand("pin", "PINs that make a phone a device of this branch");
    group->require_subcommand(1);
    const Line line = std::make_shared<PinLine>();
    const auto verb = [&](const char* name, const char* what, Action action) {
        CLI::App* made = group->add_subcommand(name, what);
        made->callback([&command, line, action] {
            command.run = [&command, line, action](Client& client) {
                return action(command, client, *line);
            };
        });
        return made;
    };
    CLI::App* issuing = verb("issue", "makes one, and shows it once", issue);
    issuing->add_option("--for", line->label, "the device's label");
    issuing->add_option("--class", line->class_name,
                        "the device's class (default: as it is recognised)");
    issuing->add_option("--expires", line->expires, "e.g. 90m, 24h, 7d")->capture_default_str();
    issuing->add_option("--set", line->settings.set, "NAME=VALUE, any number of times")
        ->allow_extra_args(false);
    add_setting_files(*issuing, line->settings);
    verb("list", "all of them, without their digits", list);
    const auto with_file = [&](CLI::App* made, const char* name, const char* what) {
        made->add_option(name, line->words, what);
        made->add_option("--pin-file", line->pin_file,
                         "the PIN is in the file; '-' is the standard input");
    };
    with_file(verb("redeem", "makes a device of the phone with that MAC address", redeem), "PIN",
              "its digits, unless they are in a file; and the MAC address");
    with_file(verb("revoke", "takes one back that nobody has used", revoke), "PIN-or-ID",
              "its digits, or what 'pin list' shows");
}

} // namespace plugtone::ctl
