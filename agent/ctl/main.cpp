// plugtonectl: the operator's command line (docs/agent.md). Exit status 0 done, 1 refused or
// failed, 2 usage.
#include <cstdio>
#include <exception>

#include "agent/ctl/commands.hpp"
#include "agent/ctl/completion.hpp"
#include "agent/ctl/manual.hpp"

namespace {

using namespace plugtone::ctl;

constexpr int refused_status = 1;
constexpr int usage_status = 2;

int complain(const std::string& message) {
    std::fprintf(stderr, "plugtonectl: %s\n", message.c_str());
    return refused_status;
}

// One line, with where to read on: as far as the verbs were understood.
int misuse(const CLI::App& app, const std::string& message) {
    std::string words = "plugtonectl";
    const CLI::App* last = &app;
    while (!last->get_subcommands().empty()) {
        last = last->get_subcommands().front();
        words += " " + last->get_name();
    }
    const std::vector<std::string> unknown = app.remaining(true);
    complain(
        (unknown.empty() ? message : "there is no '" + unknown.front() + "' in '" + words + "'") +
        "; '" + words + " --help' says how it goes");
    return usage_status;
}

plugtone::Done with_agent(const Command& command, const std::string& host) {
    Client client(host);
    return command.run(client);
}

plugtone::Done alone(const Command& command, const std::string& host) {
    if (!host.empty())
        return plugtone::fail("this works on what is here and asks no agent, so --host " + host +
                              " does not go with it; run it there: ssh " + host + " plugtonectl …");
    return command.run_alone();
}

void declare_completion(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("completion", "prints a shell's completion of this line");
    const auto shell = std::make_shared<std::string>();
    verb->add_option("SHELL", *shell, "bash, zsh or fish")->required();
    verb->callback([&app, &command, shell] {
        command.run_alone = [&app, shell]() -> plugtone::Done {
            const auto script = completion_script(app, *shell);
            if (!script)
                return tl::unexpected(script.error());
            std::fputs(script->c_str(), stdout);
            return {};
        };
    });
}

// For the build of plugtonectl(1), and so in no help.
void declare_manual(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("manual", "prints the verbs as troff")->group("");
    verb->callback([&app, &command] {
        command.run_alone = [&app]() -> plugtone::Done {
            std::fputs(manual_of_verbs(app).c_str(), stdout);
            return {};
        };
    });
}

int run(int argc, char** argv) {
    CLI::App app("plugtonectl: manages the phones of this branch");
    Command command;
    app.require_subcommand(1);
    app.fallthrough();
    app.set_version_flag("--version", std::string("plugtonectl ") + PLUGTONE_VERSION);
    app.add_flag("--json", command.json, "answers in JSON; goes with every verb");
    std::string host;
    app.add_option("--host", host, "USER@MACHINE: the agent of that machine, over ssh");
    declare_system_commands(app, command);
    declare_publish_commands(app, command);
    CLI::App* devices = device_group(app, command);
    declare_device_file_commands(*devices, command);
    declare_enrolment_commands(*devices, command);
    declare_pin_commands(app, command);
    declare_class_commands(app, command);
    declare_redirect_commands(app, command);
    declare_site_commands(app, command);
    declare_parameter_commands(app, command);
    declare_lint_command(app, command);
    declare_codec_commands(app, command);
    declare_resync_command(app, command);
    declare_doctor_command(app, command);
    declare_tls_commands(app, command);
    declare_firmware_commands(app, command);
    declare_rollout_commands(app, command);
    declare_job_commands(app, command);
    declare_appliance_commands(app, command);
    declare_completion(app, command);
    declare_manual(app, command);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return error.get_exit_code() == 0 ? app.exit(error) : misuse(app, error.what());
    }
    try {
        const plugtone::Done done =
            command.run_alone ? alone(command, host) : with_agent(command, host);
        return done ? 0 : complain(done.error().message);
    } catch (const sdbus::Error& error) {
        return complain(explain(error, host));
    }
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        return complain(error.what());
    }
}
