#include "core/base/log.hpp"

#include <cstdio>
#include <cstdlib>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
    case Level::debug:
        return spdlog::level::debug;
    case Level::info:
        return spdlog::level::info;
    case Level::warning:
        return spdlog::level::warn;
    case Level::error:
        return spdlog::level::err;
    }
    return spdlog::level::err;
}

// sd-daemon(3): a line that starts with <N> has that priority in the journal.
std::string_view journal_priority(Level level) {
    switch (level) {
    case Level::debug:
        return "<7>";
    case Level::info:
        return "<6>";
    case Level::warning:
        return "<4>";
    case Level::error:
        return "<3>";
    }
    return "<3>";
}

bool journal_reads() {
    static const bool reads = std::getenv("JOURNAL_STREAM") != nullptr;
    return reads;
}

spdlog::logger& logger() {
    static const auto instance = [] {
        auto made = std::make_shared<spdlog::logger>(
            "plugtone", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern(journal_reads() ? "%v" : "%Y-%m-%dT%H:%M:%S.%e %l %v");
        made->flush_on(spdlog::level::debug);
        return made;
    }();
    return *instance;
}

} // namespace

std::string log_line(std::string_view event, std::initializer_list<Field> fields) {
    std::string line(event);
    for (const Field& field : fields) {
        std::string value = printable(field.value);
        if (value.empty() || value.find_first_of(" \"=") != std::string::npos) {
            std::string quoted = "\"";
            for (const char character : value) {
                if (character == '"')
                    quoted += '\\';
                quoted += character;
            }
            value = quoted + '"';
        }
        line += ' ';
        line += field.key;
        line += '=';
        line += value;
    }
    return line;
}

void log(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (!logger().should_log(spdlog_level(level)))
        return;
    std::string line = log_line(event, fields);
    if (journal_reads())
        line.insert(0, journal_priority(level));
    logger().log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

bool logs(Level level) {
    return logger().should_log(spdlog_level(level));
}

void buffer_log() {
    static constexpr std::size_t buffer_size = 65536;
    ::setvbuf(stderr, nullptr, _IOFBF, buffer_size);
    logger().flush_on(spdlog::level::err);
}

void flush_log() {
    ::fflush(stderr);
}

void set_log_level(Level least) {
    logger().set_level(spdlog_level(least));
}

bool set_log_level(std::string_view name) {
    for (const auto& [text, level] :
         {std::pair{"debug", Level::debug}, std::pair{"info", Level::info},
          std::pair{"warning", Level::warning}, std::pair{"error", Level::error}})
        if (name == text) {
            set_log_level(level);
            return true;
        }
    return false;
}

} // namespace plugtone
