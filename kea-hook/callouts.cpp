// Kea's entry points: translation only. Each is a firewall: nothing thrown leaves it, for Kea drops
// every packet of which a callout throws something that is no std::exception, and logs a line for
// each of the others.
#include <memory>

#include <cc/command_interpreter.h>
#include <dhcpsrv/lease.h>
#include <hooks/hooks.h>

#include "kea-hook/hook.hpp"
#include "kea-hook/messages.hpp"

namespace {

using isc::dhcp::Lease4Ptr;
using isc::dhcp::Pkt4Ptr;
using isc::hooks::CalloutHandle;
using plugtone::Hook;

// Set by load(), cleared by unload(); Kea stops its packet threads for both.
std::unique_ptr<Hook> hook;

void complain(const char* where, const char* what) noexcept {
    try {
        LOG_ERROR(plugtone::hook_logger, plugtone::message_callout_failed).arg(where).arg(what);
    } catch (...) {
        // Logging failed as well; there is nobody left to tell.
    }
}

// 0 always: for Kea, another answer is an error line for each packet and nothing else.
template <class Body>
int guarded(const char* where, Body body) noexcept {
    try {
        body();
    } catch (const std::exception& error) {
        complain(where, error.what());
    } catch (...) {
        complain(where, "an exception of unknown type");
    }
    return 0;
}

template <class Body>
int with_hook(const char* where, Body body) noexcept {
    return guarded(where, [&] {
        if (hook != nullptr)
            body(*hook);
    });
}

template <class T>
T argument(CalloutHandle& handle, const char* name) {
    T value;
    handle.getArgument(name, value);
    return value;
}

int lease_ends(CalloutHandle& handle, const char* where, const char* reason) noexcept {
    return with_hook(where, [&](Hook& here) {
        // Otherwise another hook will have it that the lease stays.
        if (handle.getStatus() != CalloutHandle::NEXT_STEP_CONTINUE)
            return;
        if (const auto lease = argument<Lease4Ptr>(handle, "lease4"))
            here.released(*lease, reason);
    });
}

template <class Command>
int answer_command(CalloutHandle& handle, const char* where, Command command) noexcept {
    return with_hook(where, [&](Hook& here) { handle.setArgument("response", command(here)); });
}

int reload_command(CalloutHandle& handle) {
    return answer_command(handle, "plugtone-reload", [](Hook& here) { return here.reload(); });
}

int explain_command(CalloutHandle& handle) {
    return answer_command(handle, "plugtone-explain", [&](Hook& here) {
        isc::data::ConstElementPtr arguments;
        try {
            isc::config::parseCommand(arguments,
                                      argument<isc::data::ConstElementPtr>(handle, "command"));
            return here.explain(arguments);
        } catch (const std::exception& error) {
            return isc::config::createAnswer(1, error.what());
        }
    });
}

int status_command(CalloutHandle& handle) {
    return answer_command(handle, "plugtone-status", [](Hook& here) { return here.status(); });
}

} // namespace

// What Kea looks up by name; everything else in the library is hidden.
#pragma GCC visibility push(default)
extern "C" {

int version() {
    return KEA_HOOKS_VERSION;
}

int multi_threading_compatible() {
    return 1;
}

// Never fails: a non-zero answer during a reconfiguration leaves Kea without any configuration
// (facts, the ten things).
int load(isc::hooks::LibraryHandle& handle) {
    return guarded("load", [&] {
        hook = std::make_unique<Hook>(plugtone::read_hook_settings(handle.getParameters()));
        handle.registerCommandCallout("plugtone-reload", reload_command);
        handle.registerCommandCallout("plugtone-status", status_command);
        handle.registerCommandCallout("plugtone-explain", explain_command);
    });
}

int unload() {
    return guarded("unload", [] {
        hook.reset();
        LOG_INFO(plugtone::hook_logger, plugtone::message_unloaded);
    });
}

int dhcp4_srv_configured(CalloutHandle& handle) {
    return with_hook("dhcp4_srv_configured", [&](Hook& here) {
        here.configured(argument<isc::data::ConstElementPtr>(handle, "json_config"));
    });
}

int pkt4_send(CalloutHandle& handle) {
    return with_hook("pkt4_send", [&](Hook& here) {
        if (handle.getStatus() == CalloutHandle::NEXT_STEP_DROP)
            return;
        const auto query = argument<Pkt4Ptr>(handle, "query4");
        const auto response = argument<Pkt4Ptr>(handle, "response4");
        if (!query || !response)
            return;
        // SKIP: another hook has packed the answer already.
        if (response->getType() != isc::dhcp::DHCPNAK)
            here.answered(*query, *response, handle.getStatus() == CalloutHandle::NEXT_STEP_SKIP);
        else
            here.refused(*query);
    });
}

int lease4_release(CalloutHandle& handle) {
    return lease_ends(handle, "lease4_release", "release");
}

int command_processed(CalloutHandle& handle) {
    return with_hook("command_processed", [&](Hook& here) {
        here.commanded(argument<std::string>(handle, "name"),
                       argument<isc::data::ConstElementPtr>(handle, "arguments"),
                       argument<isc::data::ConstElementPtr>(handle, "response"));
    });
}

int lease4_decline(CalloutHandle& handle) {
    return lease_ends(handle, "lease4_decline", "decline");
}

int lease4_expire(CalloutHandle& handle) {
    return lease_ends(handle, "lease4_expire", "expire");
}
}
#pragma GCC visibility pop
