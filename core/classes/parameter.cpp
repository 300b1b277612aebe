#include "core/classes/parameter.hpp"

#include "core/base/text.hpp"

namespace plugtone {

Result<ParameterName> ParameterName::parse(std::string_view text) {
    const auto refuse = [&] {
        return fail("parameter: want P and a number such as P270, got '" + printable(text) + "'");
    };
    if (text.size() < 2 || (text[0] != 'P' && text[0] != 'p'))
        return refuse();
    std::string_view digits = text.substr(1);
    ParameterName name;
    const char last = digits.back();
    if ((last >= 'A' && last <= 'Z') || (last >= 'a' && last <= 'z')) {
        name.letter_ = static_cast<char>(last >= 'a' ? last - 'a' + 'A' : last);
        digits.remove_suffix(1);
    }
    const auto number = parse_number<std::uint32_t>(digits);
    if (!number || digits.size() > 5 || digits.front() == '0')
        return refuse();
    name.number_ = *number;
    return name;
}

std::string ParameterName::text() const {
    std::string text = "P" + std::to_string(number_);
    if (letter_ != '\0')
        text += letter_;
    return text;
}

Done check_parameter_value(const ParameterName& name, std::string_view value) {
    if (value.size() > parameter_value_size_max)
        return fail(name.text() + ": want at most " + std::to_string(parameter_value_size_max) +
                    " bytes, got " + std::to_string(value.size()));
    if (const auto at = first_illegal_xml_byte(value))
        return fail(name.text() + ": byte " + std::to_string(*at + 1) +
                    " is not a character that XML can carry (UTF-8 without control characters)");
    return {};
}

Result<Assignment> parse_assignment(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos)
        return fail("parameter: want P=V such as P270=Desk, got '" + printable(text) + "'");
    const auto name = ParameterName::parse(text.substr(0, equals));
    if (!name)
        return tl::unexpected(name.error());
    const std::string_view value = text.substr(equals + 1);
    if (auto checked = check_parameter_value(*name, value); !checked)
        return tl::unexpected(checked.error());
    return Assignment{*name, std::string(value)};
}

void overlay(ParameterSet& onto, const ParameterSet& more_specific) {
    for (const auto& [name, value] : more_specific)
        onto[name] = value;
}

} // namespace plugtone
