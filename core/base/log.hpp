// One event, one line, key=value, on standard error with the journal's priority when systemd reads
// it. error: the operator must act; warning: a client misbehaves; info: a line per transfer; debug:
// the rest. Any thread. Not for the Kea hook, which logs through Kea.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace plugtone {

enum class Level { debug, info, warning, error };

struct Field {
    std::string_view key;
    std::string value;
};

// event: a constant in kebab-case. Values are foreign text: they are made printable, and quoted if
// needed.
void log(Level level, std::string_view event, std::initializer_list<Field> fields = {});
// Whether such a line would be written: to save its making.
bool logs(Level level);
// From now on lines wait in memory for flush_log() or the next error: for a program that may write
// thousands in a second. Call it before anything is logged.
void buffer_log();
void flush_log();
void set_log_level(Level least);
// "debug", "info", "warning" or "error"; false for anything else.
bool set_log_level(std::string_view name);

// The line without its level, for tests and for logs that are not ours.
std::string log_line(std::string_view event, std::initializer_list<Field> fields);

} // namespace plugtone
