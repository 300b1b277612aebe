// What plugtone-phone was asked to do, from its command line.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "phone/config_file.hpp"

namespace plugtone {

struct Settings {
    std::string interface;
    std::optional<Mac> mac;     // nothing: the interface's own
    bool beside_server = false; // on the machine and the interface of the server; has a MAC
    std::string vendor_class;
    std::string model; // as the User-Agent writes it; empty if a foreign vendor class names none
    bool identifies_itself = true; // sends option 125
    std::string host_name;
    std::optional<std::string> user_agent; // nothing: what a Grandstream of that model sends
    // In the usual User-Agent: one that the models of its form have had (facts, section 5.1).
    std::string firmware_version = "1.0.11.35";
    FilePassword password;
    std::optional<std::string> state_file; // nothing: it forgets all at the end
    std::optional<std::string> ca_file;
    std::vector<std::string> firmware;
    std::vector<std::string> asked;
    bool keep = false;
    std::chrono::seconds survey{0}; // only collects OFFERs, for so long; 0: boots
    std::chrono::seconds timeout{30};
    bool json = false;
    bool show_values = false;
};

// The program ends at once with this status: help was printed, or the complaint was.
struct ExitNow {
    int status;
};

// Prints help to standard output, complaints to standard error.
std::variant<Settings, ExitNow> read_settings(int argc, const char* const* argv);

} // namespace plugtone
