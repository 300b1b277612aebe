#include "core/classes/device_class.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plugtone {

bool TextPattern::matches(std::string_view candidate) const {
    switch (how) {
    case TextMatch::exact:
        return candidate == text;
    case TextMatch::prefix:
        return candidate.starts_with(text);
    case TextMatch::glob:
        return glob_matches(text, candidate);
    }
    return false;
}

std::size_t TextPattern::literal_size() const {
    if (how != TextMatch::glob)
        return text.size();
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return c != '*' && c != '?'; }));
}

bool MatchRule::matches(const Identity& identity) const {
    // What a device does not send at all matches no pattern, not even "*".
    const auto holds = [](const std::optional<TextPattern>& pattern, std::string_view sent) {
        return !pattern || (!sent.empty() && pattern->matches(sent));
    };
    if (!holds(vendor_class, identity.vendor_class) || !holds(user_class, identity.user_class) ||
        !holds(user_agent, identity.user_agent))
        return false;
    if (mac_range && !mac_range->holds(identity.mac))
        return false;
    return ouis.empty() || std::find(ouis.begin(), ouis.end(), identity.mac.oui()) != ouis.end();
}

std::string_view file_form_name(FileForm form) {
    switch (form) {
    case FileForm::xml:
        return "xml";
    case FileForm::binary:
        return "binary";
    case FileForm::legacy:
        return "legacy";
    case FileForm::text:
        return "text";
    }
    return "xml";
}

std::vector<FileRule> usual_config_files() {
    return {{"cfg{mac}.xml", FileForm::xml},
            {"cfg{model}.xml", FileForm::xml},
            {"cfg.xml", FileForm::xml}};
}

std::string_view http_auth_name(HttpAuth kind) {
    switch (kind) {
    case HttpAuth::none:
        return "none";
    case HttpAuth::basic:
        return "basic";
    case HttpAuth::digest:
        return "digest";
    }
    return "none";
}

std::optional<HttpAuth> http_auth_named(std::string_view name) {
    for (const HttpAuth kind : {HttpAuth::none, HttpAuth::basic, HttpAuth::digest})
        if (name == http_auth_name(kind))
            return kind;
    return std::nullopt;
}

std::string_view access_rule_name(AccessRule rule) {
    switch (rule) {
    case AccessRule::open:
        return "open";
    case AccessRule::lease:
        return "lease";
    case AccessRule::certificate:
        return "certificate";
    }
    return "lease";
}

std::optional<AccessRule> access_rule_named(std::string_view name) {
    for (const AccessRule rule : {AccessRule::open, AccessRule::lease, AccessRule::certificate})
        if (name == access_rule_name(rule))
            return rule;
    return std::nullopt;
}

} // namespace plugtone
