#include "agent/own_files.hpp"

#include <algorithm>
#include <map>

#include "core/names/owner.hpp"
#include "core/names/request_name.hpp"

namespace plugtone {

namespace {

std::string filled(std::string name, std::string_view placeholder, const std::string& text) {
    if (const std::size_t at = name.find(placeholder); at != std::string::npos)
        name.replace(at, placeholder.size(), text);
    return name;
}

bool is_binary(FileForm form) {
    return form == FileForm::binary || form == FileForm::legacy;
}

using Names = std::map<FileForm, std::vector<std::string>>;

// Basic names by form. What the vendor's generator made takes the place of both binary forms, and
// has a name even where the class has no such file.
Names basic_names(const OwnFileFacts& facts) {
    Names names;
    for (const FileRule& file : facts.device_class->names.files)
        if (file.is_own())
            names[facts.vendor_file && is_binary(file.form) ? FileForm::binary : file.form]
                .push_back(filled(file.name, "{mac}", facts.mac.text()));
    if (facts.vendor_file && !names.contains(FileForm::binary))
        names[FileForm::binary] = {binary_config_name(facts.mac)};
    return names;
}

bool brings_password(const OwnFileFacts& facts) {
    if (facts.vendor_file)
        return false;
    switch (facts.device_class->bootstrap.rule) {
    case BootstrapRule::none:
        return false;
    case BootstrapRule::binary:
        return facts.window_open;
    case BootstrapRule::certificate:
        return true;
    }
    return false;
}

// Where the vendor's own generator is at hand, the password goes out in its encryption.
FileForm bootstrap_form(const DeviceClass& device_class) {
    return device_class.formats.legacy_encoder.empty() ? FileForm::binary : FileForm::legacy;
}

std::vector<std::string> folders_of(const OwnFileFacts& facts) {
    std::vector<std::string> folders = {facts.shelf.folder()};
    std::vector<std::string> also = facts.told_shelves;
    also.push_back(Shelf{}.folder());
    for (std::string& folder : also)
        if (std::find(folders.begin(), folders.end(), folder) == folders.end())
            folders.push_back(std::move(folder));
    return folders;
}

std::vector<std::string> paths_in(const std::vector<std::string>& folders,
                                  const std::vector<std::string>& names) {
    std::vector<std::string> paths;
    for (const std::string& folder : folders)
        for (const std::string& name : names)
            paths.push_back(folder + "/" + name);
    return paths;
}

} // namespace

std::vector<OwnFilePlan> plan_own_files(const OwnFileFacts& facts) {
    Names names = basic_names(facts);
    const bool bootstrap = brings_password(facts);
    if (bootstrap && !names.contains(FileForm::binary) && !names.contains(FileForm::legacy))
        names[bootstrap_form(*facts.device_class)] = {binary_config_name(facts.mac)};
    std::vector<std::string> folders = folders_of(facts);
    std::vector<std::string> rotated;
    if (facts.rotation) {
        rotated = {facts.rotation->folder()};
        std::erase(folders, rotated.front());
    }
    std::vector<OwnFilePlan> plans;
    for (const auto& [form, basic] : names) {
        const bool sealed = form == FileForm::xml && facts.device_class->formats.encrypted;
        OwnFilePlan plan{OwnFile::other, form, paths_in(folders, basic)};
        if (sealed)
            plan.what = OwnFile::sealed;
        else if (bootstrap && is_binary(form))
            plan.what = OwnFile::bootstrap;
        const std::vector<std::string> more = paths_in(rotated, basic);
        if (!sealed)
            plan.paths.insert(plan.paths.end(), more.begin(), more.end());
        plans.push_back(std::move(plan));
        if (sealed && !more.empty())
            plans.push_back({OwnFile::rotated, form, more});
    }
    return plans;
}

std::optional<OwnFile> own_file_named(const std::vector<OwnFilePlan>& plans,
                                      std::string_view served_name) {
    const auto wanted = normalise_request_name(served_name);
    if (!wanted)
        return std::nullopt;
    for (const OwnFilePlan& plan : plans)
        for (const std::string& path : plan.paths) {
            const std::size_t slash = path.rfind('/');
            const auto shelf = Shelf::of_folder(std::string_view(path).substr(0, slash));
            if (shelf && shelf->served_name(path.substr(slash + 1)) == *wanted)
                return plan.what;
        }
    return std::nullopt;
}

} // namespace plugtone
