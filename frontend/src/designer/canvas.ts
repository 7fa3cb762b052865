/** What only the canvas shows, beside the styles of the document itself. */
export const CANVAS_STYLE = `
html { background: #fff !important; }
body { padding: 16mm 18mm 20mm 20mm; }
[data-inv="kept"] { background: #fdf1d4; border: 1px dashed #6b4300; border-radius: 2px; color: #6b4300; font-size: 8pt; padding: 0 1mm; }
div[data-inv="kept"] { margin: 1mm 0; }
[data-inv="field"] { background: #e4eafd; border-radius: 2px; }
[data-inv="text"] { min-height: 5mm; outline: 1px dotted #a3adc2; }
[data-inv="text"].sc-lacks { background: #fdf1d4; }
[data-if] { border-left: 2px solid #2f4fd0; padding-left: 1mm; }
td:empty { height: 8mm; outline: 1px dotted #a3adc2; }
`;
