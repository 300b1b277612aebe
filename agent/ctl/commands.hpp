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

namespace plugtone::ctl {

struct Command {
    bool json = false;
    std::function<Done(Client&)> run;
    std::function<Done()> run_alone; // in place of run: needs no agent
};

// command must outlive app's parsing and the run.
void declare_device_commands(CLI::App& app, Command& command);
void declare_class_commands(CLI::App& app, Command& command);
void declare_site_commands(CLI::App& app, Command& command);
void declare_codec_commands(CLI::App& app, Command& command);
void declare_system_commands(CLI::App& app, Command& command); // status, publish, undo, monitor

// "P47=sip.example.net", and "P34=FILE" whose content is the value ("-": the standard input), so
// that a secret need not stand in the process list. One final line end of a file is not part of the
// value.
struct AssignmentOptions {
    std::vector<std::string> set;
    std::vector<std::string> set_file;

    bool empty() const { return set.empty() && set_file.empty(); }
};
Result<std::map<std::string, std::string>> read_assignments(const AssignmentOptions& options);

// For objects that are not worth a line.
void say(const Command& command, const std::string& text, const nlohmann::json& json);

} // namespace plugtone::ctl
