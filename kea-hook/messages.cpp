#include "kea-hook/messages.hpp"

#include <log/message_initializer.h>

// Debian's kea-dev has no message compiler: this is what it would write.
namespace plugtone {

isc::log::Logger hook_logger("plugtone-hooks");

const isc::log::MessageID PLUGTONE_LOADED = "PLUGTONE_LOADED";
const isc::log::MessageID PLUGTONE_UNLOADED = "PLUGTONE_UNLOADED";
const isc::log::MessageID PLUGTONE_CLASS_FILE_BAD = "PLUGTONE_CLASS_FILE_BAD";
const isc::log::MessageID PLUGTONE_PARAMETER_BAD = "PLUGTONE_PARAMETER_BAD";
const isc::log::MessageID PLUGTONE_RELOADED = "PLUGTONE_RELOADED";
const isc::log::MessageID PLUGTONE_RELOAD_REFUSED = "PLUGTONE_RELOAD_REFUSED";
const isc::log::MessageID PLUGTONE_CALLOUT_FAILED = "PLUGTONE_CALLOUT_FAILED";

namespace {

const char* const texts[] = {
    "PLUGTONE_LOADED",
    "Plugtone is loaded: %1 device classes from %2, bindings in %3, events to %4",
    "PLUGTONE_UNLOADED",
    "Plugtone is unloaded",
    "PLUGTONE_CLASS_FILE_BAD",
    "left out whole, its devices get no options of ours: %1",
    "PLUGTONE_PARAMETER_BAD",
    "hook parameter '%1': %2; it is not used",
    "PLUGTONE_RELOADED",
    "device classes read anew: %1 classes",
    "PLUGTONE_RELOAD_REFUSED",
    "device classes stay as they were: %1",
    "PLUGTONE_CALLOUT_FAILED",
    "%1: %2; the packet goes on without us",
    nullptr};

// Kea's constructor takes the table without the outer const, and does not write to it.
const char** table = const_cast<const char**>(texts); // lint-allow(const-cast): see above
const isc::log::MessageInitializer initializer(table);

} // namespace

} // namespace plugtone
