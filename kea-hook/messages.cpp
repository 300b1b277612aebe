#include "kea-hook/messages.hpp"

#include <array>

#include <log/message_initializer.h>

// Debian's kea-dev has no message compiler: this is what it would write.
namespace plugtone {

isc::log::Logger hook_logger("plugtone-hooks");

const isc::log::MessageID message_loaded = "PLUGTONE_LOADED";
const isc::log::MessageID message_unloaded = "PLUGTONE_UNLOADED";
const isc::log::MessageID message_class_file_bad = "PLUGTONE_CLASS_FILE_BAD";
const isc::log::MessageID message_parameter_bad = "PLUGTONE_PARAMETER_BAD";
const isc::log::MessageID message_reloaded = "PLUGTONE_RELOADED";
const isc::log::MessageID message_reload_refused = "PLUGTONE_RELOAD_REFUSED";
const isc::log::MessageID message_conflict = "PLUGTONE_CONFLICT";
const isc::log::MessageID message_leases_unread = "PLUGTONE_LEASES_UNREAD";
const isc::log::MessageID message_callout_failed = "PLUGTONE_CALLOUT_FAILED";

namespace {

const std::array texts = {
    "PLUGTONE_LOADED",
    "Plugtone is loaded: %1 device classes from %2, bindings in %3, events to %4",
    "PLUGTONE_UNLOADED",
    "Plugtone is unloaded",
    "PLUGTONE_CLASS_FILE_BAD",
    "left out whole, its devices get no options of ours: %1",
    "PLUGTONE_PARAMETER_BAD",
    "hook parameter '%1': %2; it is not used",
    "PLUGTONE_RELOADED",
    "device classes read anew: %1 classes, %2 redirections",
    "PLUGTONE_RELOAD_REFUSED",
    "device classes stay as they were: %1",
    "PLUGTONE_CONFLICT",
    "this configuration: %1",
    "PLUGTONE_LEASES_UNREAD",
    "bindings are not rebuilt from the leases: %1",
    "PLUGTONE_CALLOUT_FAILED",
    "%1: %2; the packet goes on without us",
    static_cast<const char*>(nullptr)};

// Kea's constructor takes the table without the outer const, and does not write to it.
const char** table = const_cast<const char**>(texts.data()); // lint-allow(const-cast): see above
const isc::log::MessageInitializer initializer(table);

} // namespace

} // namespace plugtone
