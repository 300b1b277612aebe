// How plugtonectl writes: aligned tables for people, JSON for programs.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/ctl/client.hpp"
#include "agent/table/text_table.hpp"

namespace plugtone::ctl {

// As the terminal has room for; in colour on a terminal, unless NO_COLOR or TERM=dumb say
// otherwise.
void print_table(const std::vector<std::string>& heading, const std::vector<Row>& rows);
// A state, an outcome or a severity, in the tone that it has for the operator.
Cell state_cell(const std::string& state);
void print_json(const nlohmann::json& json);
// For "key  value" pages.
void print_pairs(const std::vector<std::pair<std::string, Cell>>& pairs);
// In its tone, where the stream goes to a terminal.
std::string toned(const std::string& text, Tone tone, std::FILE* stream = stdout);

// With blanks between.
std::string joined(const std::vector<std::string>& texts);
// "2026-11-23 08:00:01", local time; "never" for 0.
std::string time_text(std::int64_t seconds);

// One line for one event, e.g. "offered  000b82123456  grandstream-gxp  http://192.0.2.1".
std::string event_line(std::int64_t time, const std::string& kind, const BusFields& fields);
// What matters of it to people, without time and kind.
std::string event_text(const std::string& kind, const BusFields& fields);
nlohmann::json event_json(std::int64_t time, const std::string& kind, const BusFields& fields);

} // namespace plugtone::ctl
