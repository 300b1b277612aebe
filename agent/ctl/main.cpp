// plugtonectl: the operator's command line (docs/agent.md). Exit status 0 done, 1 refused or
// failed, 2 usage.
#include <cstdio>
#include <exception>

#include "agent/ctl/commands.hpp"

namespace {

using namespace plugtone::ctl;

constexpr int refused_status = 1;
constexpr int usage_status = 2;

int complain(const std::string& message) {
    std::fprintf(stderr, "plugtonectl: %s\n", message.c_str());
    return refused_status;
}

plugtone::Done with_agent(const Command& command) {
    Client client;
    return command.run(client);
}

int run(int argc, char** argv) {
    CLI::App app("plugtonectl: manages the phones of this branch");
    Command command;
    app.require_subcommand(1);
    app.fallthrough();
    app.set_version_flag("--version", std::string("plugtonectl ") + PLUGTONE_VERSION);
    app.add_flag("--json", command.json, "answers in JSON; goes with every verb");
    declare_system_commands(app, command);
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
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : usage_status;
    }
    try {
        const plugtone::Done done = command.run_alone ? command.run_alone() : with_agent(command);
        return done ? 0 : complain(done.error().message);
    } catch (const sdbus::Error& error) {
        return complain(explain(error));
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
