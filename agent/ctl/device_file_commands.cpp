// Devices from files and into files: tables, the vendor's binary files, templates.
#include "agent/csv/csv_table.hpp"
#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/formats/gs_binary.hpp"

namespace plugtone::ctl {

namespace {

struct FileLine {
    std::string mac;
    std::string file;
    ExportOptions output;
    bool forget = false;
    bool composed = false;
};
using Line = std::shared_ptr<FileLine>;

// "devices.csv: row 3, column 5 (P47): want …"
std::string bad_cell_text(const std::string& file, const CsvTable& table, std::uint32_t row,
                          std::uint32_t column, const std::string& text) {
    std::string where = file + ": row " + std::to_string(row);
    if (column > 0) {
        where += ", column " + std::to_string(column);
        if (column <= table.columns.size())
            where += " (" + printable(table.columns[column - 1]) + ")";
    }
    return where + ": " + text;
}

// outcome: the job's result.
Done report(const Command& command, const FileLine& line, const CsvTable& table,
            const nlohmann::json& outcome) {
    const auto count = [&](const char* name) {
        return std::to_string(outcome.at(name).get<std::uint64_t>());
    };
    const nlohmann::json& bad = outcome.at("bad");
    if (!bad.empty()) {
        if (command.json)
            print_json(outcome);
        else
            for (const auto& cell : bad)
                std::fprintf(stderr, "%s\n",
                             bad_cell_text(line.file, table, cell.at("row").get<std::uint32_t>(),
                                           cell.at("column").get<std::uint32_t>(),
                                           cell.at("text").get<std::string>())
                                 .c_str());
        return fail(line.file + ": nothing was imported; " + std::to_string(bad.size()) +
                    (bad.size() == 1 ? " cell is bad" : " cells are bad"));
    }
    print_notes(command, outcome.at("notes").get<std::vector<std::string>>());
    say(command,
        line.file + ": " + count("added") + " added, " + count("changed") + " changed, " +
            count("unchanged") + " as they were",
        outcome);
    return {};
}

Done import_table(const Command& command, Client& client, const FileLine& line) {
    const auto bytes = read_file(line.file, csv_size_max);
    if (!bytes)
        return tl::unexpected(bytes.error());
    const auto table = parse_csv(line.file, *bytes);
    if (!table)
        return tl::unexpected(table.error());
    std::vector<sdbus::Struct<std::uint32_t, std::vector<std::string>>> rows;
    rows.reserve(table->rows.size());
    for (const CsvTable::Row& row : table->rows)
        rows.emplace_back(static_cast<std::uint32_t>(row.number), row.cells);
    return report(command, line, *table,
                  client.wait_for_job(client.manager().ImportDevices(table->columns, rows)));
}

Result<Mac> mac_of(const FileLine& line) {
    return Mac::parse(line.mac);
}

Done import_legacy(const Command& command, Client& client, const FileLine& line) {
    const auto mac = mac_of(line);
    if (!mac)
        return tl::unexpected(mac.error());
    if (line.forget) {
        client.device(*mac)->ForgetLegacy();
        say(command, "device " + mac->text() + ": its binary file is composed again",
            {{"mac", mac->text()}, {"done", true}});
        return {};
    }
    if (line.file.empty())
        return fail("device import-legacy: want FILE, or --forget");
    const auto bytes = read_file(line.file, gs_binary_size_max + 1);
    if (!bytes)
        return tl::unexpected(bytes.error());
    if (auto good = check_gs_binary_frame(*bytes); !good)
        return fail_in(line.file, good.error());
    client.device(*mac)->ImportLegacy(*bytes);
    say(command,
        "device " + mac->text() + ": " + line.file + " is its binary file" +
            (is_encrypted_gs_binary(*bytes) ? ", encrypted by the vendor's generator" : ""),
        {{"mac", mac->text()}, {"encrypted", is_encrypted_gs_binary(*bytes)}, {"done", true}});
    return {};
}

Done write(const Command&, Client& client, const FileLine& line) {
    const auto mac = mac_of(line);
    if (!mac)
        return tl::unexpected(mac.error());
    ParameterSet parameters;
    const auto answer = client.device(*mac)->Parameters(true);
    for (const auto& row : std::get<0>(answer))
        if (line.composed || std::get<2>(row) == "device")
            if (const auto number = ParameterName::parse(std::get<0>(row)))
                parameters.emplace(*number, std::get<4>(row));
    return write_template(parameters, line.output);
}

using Action = Done (*)(const Command&, Client&, const FileLine&);

void on(CLI::App* app, Command& command, const Line& line, Action action) {
    app->callback([&command, line, action] {
        command.run = [&command, line, action](Client& client) -> Done {
            return on_known("device " + line->mac, "device list",
                            [&] { return action(command, client, *line); });
        };
    });
}

} // namespace

void declare_device_file_commands(CLI::App& group, Command& command) {
    const Line line = std::make_shared<FileLine>();

    CLI::App* importing =
        group.add_subcommand("import", "adds and changes many from a table, all or none");
    importing
        ->add_option("FILE", line->file,
                     "CSV; the first row has MAC, class, label and parameters by number or name")
        ->required();
    on(importing, command, line, import_table);

    CLI::App* legacy = group.add_subcommand(
        "import-legacy", "serves a binary file that the vendor's own generator made");
    legacy->add_option("MAC", line->mac, "e.g. 000b82123456")->required();
    legacy->add_option("FILE", line->file, "as the generator wrote it, encrypted or not");
    legacy->add_flag("--forget", line->forget, "goes back to what is composed here");
    on(legacy, command, line, import_legacy);

    CLI::App* exporting = group.add_subcommand(
        "export", "its settings as a text template of the vendor's, secrets too");
    exporting->add_option("MAC", line->mac, "e.g. 000b82123456")->required();
    exporting->add_flag("--composed", line->composed, "with what it inherits");
    add_export_options(*exporting, line->output);
    on(exporting, command, line, write);
}

} // namespace plugtone::ctl
