// The agent's one thread: waits for the bus, for events, for Kea's answer, for jobs, for the fleet
// and for signals, and hands each to its part.
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include "agent/bus_gate.hpp"
#include "agent/event_socket.hpp"
#include "agent/firmware_objects.hpp"
#include "agent/fleet_member.hpp"
#include "agent/jobs.hpp"
#include "agent/long_calls.hpp"
#include "agent/manager_object.hpp"
#include "agent/notifier.hpp"
#include "agent/recorder.hpp"

namespace plugtone {

struct LoopParts {
    sdbus::IConnection& bus;
    BusGate& gate;
    LongCalls& long_calls;
    EventSocket& events;
    Recorder& recorder;
    ManagerObject& manager;
    KeaClient& kea;
    Jobs& jobs;
    Rollouts& rollouts;
    FirmwareObjects& firmware;
    Notifier& notifier;
    FleetMember* fleet = nullptr; // none: the inventory is this appliance's alone
};

// Blocks SIGTERM, SIGINT and SIGHUP; must be called before any thread is started.
Result<Fd> open_signals();

// Hands over the events that have come.
void take_events(const LoopParts& parts);

// Within what takes long, such as a change, which holds the inventory: the bus is looked at, calls
// that only look at what is in memory are answered, and systemd hears that we live.
void meanwhile(const LoopParts& parts);

// Returns on SIGTERM or SIGINT. SIGHUP: reload is called.
Done run_loop(const LoopParts& parts, const Fd& signals, const std::function<void()>& reload);

} // namespace plugtone
