// plugtone-phone: a simulated phone (docs/phone.md).
#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>

#include <curl/curl.h>

#include "phone/boot.hpp"

namespace {

using namespace plugtone;

constexpr int failed_status = 1;

std::atomic<bool> stopped{false}; // by a signal; lock-free, so a handler may set it

void on_signal(int) {
    stopped = true;
}

bool is_stopped() {
    return stopped;
}

void catch_signals() {
    struct sigaction action {};
    action.sa_handler = &on_signal; // without SA_RESTART: a wait ends
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        ::sigaction(number, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

int status_of(Outcome outcome) {
    switch (outcome) {
    case Outcome::configured:
        return 0;
    case Outcome::generic:
        return 3;
    case Outcome::failed:
        return failed_status;
    }
    return failed_status;
}

int run(const Settings& settings) {
    catch_signals();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    std::FILE* story = settings.json ? stderr : stdout;
    const auto say = [story](const std::string& line) {
        std::fprintf(story, "%s\n", line.c_str());
        std::fflush(story);
    };
    const BootReport report = boot(settings, say, &is_stopped);
    curl_global_cleanup();
    if (settings.show_values)
        for (const std::string& line : parameter_lines(report.parameters))
            say(line);
    if (!report.error.empty())
        std::fprintf(stderr, "plugtone-phone: %s\n", report.error.c_str());
    say(labelled("outcome", std::string(outcome_name(report.outcome))));
    if (settings.json)
        std::printf("%s\n", report_json(report).c_str());
    return status_of(report.outcome);
}

} // namespace

int main(int argc, char** argv) {
    try {
        const auto settings = read_settings(argc, argv);
        if (const auto* exit_now = std::get_if<ExitNow>(&settings))
            return exit_now->status;
        return run(std::get<Settings>(settings));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "plugtone-phone: %s\n", error.what());
        return failed_status;
    }
}
