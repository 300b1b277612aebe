// The verbs. Each declares its options and puts what is to be done into the command; main() does it
// once the whole line has been understood.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "agent/ctl/client.hpp"
#include "core/base/result.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone::ctl {

struct Command {
    bool json = false;
    std::function<Done(Client&)> run;
    std::function<Done()> run_alone; // in place of run: needs no agent
};

// command must outlive app's parsing and the run.
void declare_class_commands(CLI::App& app, Command& command);
CLI::App* device_group(CLI::App& app, Command& command); // with list, show, add, set, …
void declare_enrolment_commands(CLI::App& group, Command& command); // adopt, secret, …
Done list_unknown(const Command& command, Client& client);          // of 'device list'
void declare_pin_commands(CLI::App& app, Command& command);
void declare_device_file_commands(CLI::App& group, Command& command); // import, export, …
void declare_redirect_commands(CLI::App& app, Command& command);
void declare_site_commands(CLI::App& app, Command& command);
void declare_class_setting_commands(CLI::App& group, Command& command);
void declare_parameter_commands(CLI::App& app, Command& command);
void declare_lint_command(CLI::App& app, Command& command);
void declare_codec_commands(CLI::App& app, Command& command);
void declare_resync_command(CLI::App& app, Command& command);
// Tells phones to look for their new files, and waits for them; which: as org.plugtone1.Manager has
// it. Fails if one has not come.
Done resync(const Command& command, Client& client, const std::vector<std::string>& macs,
            const std::string& which, bool waits);
void declare_tls_commands(CLI::App& app, Command& command);
void declare_firmware_commands(CLI::App& app, Command& command);
void declare_rollout_commands(CLI::App& app, Command& command);
void declare_job_commands(CLI::App& app, Command& command);
void declare_doctor_command(CLI::App& app, Command& command);
// The answer to Manager.Status, as 'status --json' has it.
nlohmann::json status_json(const Properties& status);
void declare_appliance_commands(CLI::App& app, Command& command); // system …
void declare_system_commands(CLI::App& app, Command& command);    // status, monitor
void declare_publish_commands(CLI::App& app, Command& command);   // publish, undo

// What is to be set: "P47=sip.example.net" or "account1.sip-server=…"; "P34=FILE" whose content is
// the value ("-": the standard input), so that a secret need not stand in the process list; and
// whole templates of the vendor's. One final line end of a value from a file is not part of it.
struct SettingOptions {
    std::vector<std::string> set;
    std::vector<std::string> set_file;
    std::vector<std::string> templates;

    bool empty() const { return set.empty() && set_file.empty() && templates.empty(); }
};
// The two that every verb with settings has.
void add_setting_files(CLI::App& app, SettingOptions& options);
// By number, name or alias, as it was typed. Refuses what stands twice.
Result<std::map<std::string, std::string>> read_settings(const SettingOptions& options);

// What was done, but is worth a second look; to the standard error.
void print_notes(const Command& command, const std::vector<std::string>& notes);

// Writes the parameters as a template of the vendor's: to the file, or to the standard output.
struct ExportOptions {
    std::string output;
};
void add_export_options(CLI::App& app, ExportOptions& options);
Done write_template(const ParameterSet& parameters, const ExportOptions& options);
// Where a file of ours goes that may hold secrets; an empty path: the standard output.
Done write_output(const std::string& path, ByteView bytes);

inline constexpr const char* hidden = "••••";

// For objects that are not worth a line.
void say(const Command& command, const std::string& text, const nlohmann::json& json);

} // namespace plugtone::ctl
