// plugtonectl codec: files only, no bus. Passwords come from a file, never from the command line.
#include <cstdio>
#include <iostream>
#include <iterator>

#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "core/base/file.hpp"
#include "core/classes/dictionary.hpp"
#include "core/formats/gs_alias_xml.hpp"
#include "core/formats/gs_binary.hpp"
#include "core/formats/gs_xml.hpp"
#include "core/formats/openssl_container.hpp"
#include "core/formats/parameter_text.hpp"

namespace plugtone::ctl {

namespace {

constexpr std::size_t file_size_max = std::size_t{16} << 20U;

struct CodecLine {
    std::string file;
    std::string output;
    std::string mac;
    std::string gnkey{usual_gnkey};
    std::string password_file;
    std::string digest = "md5";
    bool no_salt = false;
    std::vector<std::string> dictionary = {"/usr/share/plugtone/parameters.d",
                                           "/etc/plugtone/parameters.d"};
    std::string family;
};
using Line = std::shared_ptr<CodecLine>;

Result<Bytes> read_input(const std::string& path) {
    if (path != "-")
        return read_file(path, file_size_max);
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    const ByteView bytes = as_bytes(text);
    return Bytes(bytes.begin(), bytes.end());
}

Done write_output(const CodecLine& line, ByteView bytes) {
    return ctl::write_output(line.output, bytes);
}

KeyDigest digest_of(const CodecLine& line) {
    return line.digest == "sha256" ? KeyDigest::sha256 : KeyDigest::md5;
}

Result<Secret> read_password(const CodecLine& line) {
    if (line.password_file == "-" && line.file == "-")
        return fail("both the file and the password cannot come from the standard input");
    const auto bytes = read_input(line.password_file);
    if (!bytes)
        return fail_in("password", bytes.error());
    std::string text(as_text(*bytes));
    if (text.ends_with('\n'))
        text.pop_back();
    Secret password(std::move(text));
    if (auto good = check_xml_password(password); !good)
        return fail_in(line.password_file, good.error());
    return password;
}

bool is_salted(ByteView bytes) {
    return as_text(bytes).starts_with("Salted__");
}

// What decode reads: the binary form, or XML in clear of either version.
struct Decoded {
    std::optional<Mac> mac;
    ParameterSet parameters;
    AliasSet items; // of version 2, in place of parameters
    std::string kind;
};

Result<Decoded> decode_xml(const std::string& name, ByteView bytes) {
    const auto version = gs_xml_version(name, bytes);
    if (!version)
        return tl::unexpected(version.error());
    if (*version == XmlVersion::aliases) {
        auto document = parse_gs_alias_xml(name, bytes);
        if (!document)
            return tl::unexpected(document.error());
        return Decoded{document->mac,
                       {},
                       std::move(document->items),
                       "XML configuration with alias names (version 2)"};
    }
    auto document = parse_gs_xml(name, bytes);
    if (!document)
        return tl::unexpected(document.error());
    return Decoded{document->mac, std::move(document->parameters), {}, "XML configuration"};
}

Result<Decoded> decode_any(const std::string& name, ByteView bytes) {
    if (is_salted(bytes))
        return fail(name + ": is encrypted; 'plugtonectl codec decrypt' first");
    if (looks_like_xml(bytes))
        return decode_xml(name, bytes);
    auto file = decode_gs_binary(bytes);
    if (!file)
        return fail_in(name, file.error());
    return Decoded{file->mac, std::move(file->parameters), {}, "binary configuration"};
}

nlohmann::json to_json(const Decoded& decoded) {
    nlohmann::json json = {{"parameters", nlohmann::json::object()}};
    json["mac"] = decoded.mac ? nlohmann::json(decoded.mac->text()) : nlohmann::json();
    for (const auto& [name, value] : decoded.parameters)
        json["parameters"][name.text()] = value;
    if (!decoded.items.empty())
        json["items"] = decoded.items;
    return json;
}

Done decode(const Command& command, const CodecLine& line) {
    const auto bytes = read_input(line.file);
    if (!bytes)
        return tl::unexpected(bytes.error());
    const auto decoded = decode_any(line.file, *bytes);
    if (!decoded)
        return tl::unexpected(decoded.error());
    if (command.json) {
        print_json(to_json(*decoded));
        return {};
    }
    if (!decoded->items.empty())
        return fail(line.file +
                    ": has alias names, which a text template cannot carry; --json can");
    const auto text = render_parameter_text(decoded->parameters);
    if (!text)
        return fail(text.error().message + "; --json can");
    const std::string mac = decoded->mac ? "# " + decoded->mac->text() + "\n" : "";
    return write_output(line, as_bytes(mac + *text));
}

Done encode(const Command&, const CodecLine& line) {
    const auto mac = Mac::parse(line.mac);
    if (!mac)
        return tl::unexpected(mac.error());
    const auto bytes = read_input(line.file);
    if (!bytes)
        return tl::unexpected(bytes.error());
    const auto parameters = parse_parameter_text(line.file, *bytes);
    if (!parameters)
        return tl::unexpected(parameters.error());
    const auto encoded = encode_gs_binary({*mac, *parameters}, line.gnkey);
    if (!encoded)
        return tl::unexpected(encoded.error());
    return write_output(line, *encoded);
}

Done encrypt(const Command&, const CodecLine& line) {
    const auto password = read_password(line);
    if (!password)
        return tl::unexpected(password.error());
    const auto plain = read_input(line.file);
    if (!plain)
        return tl::unexpected(plain.error());
    std::optional<Salt> salt;
    if (!line.no_salt) {
        const auto fresh = random_salt();
        if (!fresh)
            return tl::unexpected(fresh.error());
        salt = *fresh;
    }
    const auto sealed = encrypt_container(*plain, *password, digest_of(line), salt);
    if (!sealed)
        return tl::unexpected(sealed.error());
    return write_output(line, *sealed);
}

Done decrypt(const Command&, const CodecLine& line) {
    const auto password = read_password(line);
    if (!password)
        return tl::unexpected(password.error());
    const auto sealed = read_input(line.file);
    if (!sealed)
        return tl::unexpected(sealed.error());
    const auto plain = decrypt_container(*sealed, *password, digest_of(line));
    if (!plain)
        return fail_in(line.file, plain.error());
    return write_output(line, *plain);
}

struct Finding {
    std::string what;
    bool good = true;
};
using Findings = std::vector<Finding>;

std::string counted(std::size_t count, const char* one) {
    return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

// What the dictionary says of the values.
void check_values(const Decoded& decoded, const CodecLine& line, Findings& findings) {
    const LoadedDictionary loaded = load_dictionary(line.dictionary);
    const Dictionary& dictionary = loaded.dictionary;
    for (const std::string& problem : loaded.problems)
        findings.push_back({problem, false});
    if (dictionary.definitions().empty()) {
        findings.push_back({"no parameter dictionary: the values were not checked (--parameters)"});
        return;
    }
    std::size_t unknown = 0;
    const auto check = [&](const ParameterName& number, const std::string& value) {
        if (dictionary.find(number) == nullptr)
            ++unknown;
        else if (auto good = dictionary.check(number, value, line.family); !good)
            findings.push_back({good.error().message, false});
    };
    for (const auto& [number, value] : decoded.parameters)
        check(number, value);
    for (const auto& [path, word] : decoded.items) {
        const ParameterDefinition* definition = dictionary.find(path);
        const ParameterForm* form =
            definition == nullptr ? nullptr : definition->form_for(line.family);
        if (form == nullptr)
            ++unknown;
        else
            check(definition->number, from_word(form->type, word));
    }
    if (unknown > 0)
        findings.push_back({counted(unknown, "parameter") + " in no dictionary"});
}

void look_at_clear(const CodecLine& line, ByteView bytes, Findings& findings) {
    if (const auto text = parse_parameter_text(line.file, bytes); text && !text->empty()) {
        findings.push_back({"text template, " + counted(text->size(), "parameter")});
        check_values({{}, *text, {}, ""}, line, findings);
        return;
    }
    const auto decoded = decode_any(line.file, bytes);
    if (!decoded && !looks_like_xml(bytes) && !check_gs_binary_frame(bytes)) {
        findings.push_back({"neither XML, nor 'Salted__', nor a text template; perhaps encrypted "
                            "without a salt (--password-file), or a binary configuration that is "
                            "damaged",
                            false});
        findings.push_back({decoded.error().message, false});
        return;
    }
    if (!decoded) {
        findings.push_back({looks_like_xml(bytes) ? "XML" : "binary configuration"});
        findings.push_back({decoded.error().message, false});
        return;
    }
    findings.push_back({decoded->kind});
    findings.push_back({counted(decoded->parameters.size() + decoded->items.size(), "parameter") +
                        ", " + (decoded->mac ? "for " + decoded->mac->text() : "for any device")});
    check_values(*decoded, line, findings);
}

// A password opens what is not readable as it stands.
Done look_at(const CodecLine& line, ByteView bytes, Findings& findings) {
    if (is_encrypted_gs_binary(bytes)) {
        const Done frame = check_gs_binary_frame(bytes);
        findings.push_back(
            {"binary configuration, encrypted by the vendor's generator; it cannot be read here"});
        findings.push_back(
            {frame ? "length and checksum are right" : frame.error().message, frame.has_value()});
        return {};
    }
    if (is_salted(bytes)) {
        const bool whole = bytes.size() >= 32 && bytes.size() % 16 == 0;
        findings.push_back(
            {"encrypted, salted, as 'openssl enc -aes-256-cbc' does it; needs the XML password"});
        findings.push_back(
            {whole ? "whole blocks" : "cut off: want 16 bytes of header and whole 16-byte blocks",
             whole});
    }
    if (line.password_file.empty()) {
        if (!is_salted(bytes))
            look_at_clear(line, bytes, findings);
        return {};
    }
    const auto password = read_password(line);
    if (!password)
        return tl::unexpected(password.error());
    const auto plain = decrypt_container(bytes, *password, digest_of(line));
    if (plain)
        look_at_clear(line, *plain, findings);
    else
        findings.push_back({plain.error().message, false});
    return {};
}

Done inspect(const Command& command, const CodecLine& line) {
    const auto bytes = read_input(line.file);
    if (!bytes)
        return tl::unexpected(bytes.error());
    Findings findings;
    if (auto looked = look_at(line, *bytes, findings); !looked)
        return looked;
    bool good = true;
    nlohmann::json json = {{"file", line.file}, {"size", bytes->size()}};
    for (const Finding& finding : findings) {
        good = good && finding.good;
        json["findings"].push_back({{"what", finding.what}, {"good", finding.good}});
        if (!command.json)
            std::printf("%s %s\n", finding.good ? "ok " : "BAD", finding.what.c_str());
    }
    json["good"] = good;
    if (command.json)
        print_json(json);
    return good ? Done{} : fail(line.file + ": is not what a phone would take");
}

using Action = Done (*)(const Command&, const CodecLine&);

CLI::App* verb(CLI::App& group, Command& command, const Line& line, const char* name,
               const char* description, Action action) {
    CLI::App* app = group.add_subcommand(name, description);
    app->add_option("FILE", line->file, "'-' is the standard input")->required();
    app->callback([&command, line, action] {
        command.run_alone = [&command, line, action] { return action(command, *line); };
    });
    return app;
}

void add_output(CLI::App* app, const Line& line) {
    app->add_option("-o,--output", line->output, "default: the standard output");
}

void add_cipher(CLI::App* app, const Line& line, bool required) {
    app->add_option("--password-file", line->password_file,
                    "file that holds the XML password; '-' is the standard input")
        ->required(required);
    app->add_option("--digest", line->digest, "of the key derivation")
        ->check(CLI::IsMember({"md5", "sha256"}))
        ->capture_default_str();
}

} // namespace

void declare_codec_commands(CLI::App& app, Command& command) {
    CLI::App* group = app.add_subcommand("codec", "files, without the agent");
    group->require_subcommand(1);
    const Line line = std::make_shared<CodecLine>();
    CLI::App* encoding = verb(*group, command, line, "encode",
                              "a text template (P271 = 1) as a binary cfg<mac>", encode);
    encoding->add_option("--mac", line->mac, "the device's")->required();
    encoding->add_option("--gnkey", line->gnkey, "the key at its end")->capture_default_str();
    add_output(encoding, line);
    add_output(verb(*group, command, line, "decode",
                    "a binary cfg<mac>, or XML in clear, as a text template or JSON", decode),
               line);
    CLI::App* encrypting =
        verb(*group, command, line, "encrypt", "as 'openssl enc -aes-256-cbc' does it", encrypt);
    add_cipher(encrypting, line, true);
    encrypting->add_flag("--no-salt", line->no_salt, "for devices that want none");
    add_output(encrypting, line);
    CLI::App* decrypting = verb(*group, command, line, "decrypt", "the way back", decrypt);
    add_cipher(decrypting, line, true);
    add_output(decrypting, line);
    CLI::App* inspecting = verb(*group, command, line, "inspect",
                                "says what a file is and checks all that can be checked", inspect);
    add_cipher(inspecting, line, false);
    inspecting->add_option("--parameters", line->dictionary, "folders of parameter dictionaries")
        ->capture_default_str();
    inspecting->add_option("--family", line->family,
                           "of the device, where families differ (gxp, ht, …)");
}

} // namespace plugtone::ctl
