#include "core/formats/parameter_text.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

// Byte order mark, as some editors write it in front.
constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";

Done read_line(std::string_view line, ParameterSet& into) {
    const std::size_t equals = line.find('=');
    // Not the line itself: it may hold a secret.
    if (equals == std::string_view::npos)
        return fail("want P=value, a comment that begins with '#', or nothing; there is no '='");
    const auto name = ParameterName::parse(trim(line.substr(0, equals)));
    if (!name)
        return tl::unexpected(name.error());
    std::string value(trim(line.substr(equals + 1)));
    if (auto good = check_parameter_value(*name, value); !good)
        return good;
    if (!into.emplace(*name, std::move(value)).second)
        return fail(name->text() + " stands twice");
    return {};
}

} // namespace

Result<ParameterSet> parse_parameter_text(const std::string& name, ByteView bytes) {
    if (bytes.size() > parameter_text_size_max)
        return fail(name + ": want at most " + std::to_string(parameter_text_size_max) +
                    " bytes, got " + std::to_string(bytes.size()));
    ParameterSet parameters;
    std::string_view rest = as_text(bytes);
    if (rest.starts_with(utf8_mark))
        rest.remove_prefix(utf8_mark.size());
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = trim(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty() || line.front() == '#')
            continue;
        if (auto good = read_line(line, parameters); !good)
            return fail_in(name + ":" + std::to_string(number), good.error());
    }
    return parameters;
}

Result<std::string> render_parameter_text(const ParameterSet& parameters) {
    std::string text;
    for (const auto& [name, value] : parameters) {
        if (trim(value) != value || value.find_first_of("\r\n") != std::string::npos)
            return fail(name.text() + ": its value has blanks at an end, or line ends, and a text "
                                      "template cannot carry these");
        text += name.text();
        text += " = ";
        text += value;
        text += '\n';
    }
    return text;
}

} // namespace plugtone
